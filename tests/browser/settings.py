"""The development settings with a shop in front: pages that have a bell, under a strict Content-Security-Policy."""

import json
import os

from notification_engine.settings.development import *
from notification_engine.settings.development import NOTIFICATIONS

ROOT_URLCONF = "tests.browser.urls"
NOTIFICATIONS |= json.loads(os.environ["TEST_OPTIONS"])
