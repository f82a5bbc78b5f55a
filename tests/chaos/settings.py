"""The production settings with the rig's options, and the app that lets the rig into the process."""

from tests.settings_of_production import *
from tests.settings_of_production import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.inside.Inside"]
