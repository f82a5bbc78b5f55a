"""The whole table of hostile inputs."""

from __future__ import annotations

from tests.api.hostile.announcing import ANNOUNCING
from tests.api.hostile.bodies import FIELDS, TEXTS, TYPES
from tests.api.hostile.hostile import Hostile
from tests.api.hostile.requests import PATHS, QUERIES, REST

__all__ = ["INPUTS", "Hostile"]

INPUTS = [*TEXTS, *TYPES, *FIELDS, *ANNOUNCING, *PATHS, *QUERIES, *REST]
