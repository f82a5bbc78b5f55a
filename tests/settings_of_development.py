"""The development settings, with the options a test gives to the server it starts."""

import json
import os

from notification_engine.settings.development import *
from notification_engine.settings.development import NOTIFICATIONS

NOTIFICATIONS |= json.loads(os.environ["TEST_OPTIONS"])
