"""Settings that must not start: open to requests without a credential, on a server that is not for development."""

from notification_engine.settings.development import *

DEBUG = False
