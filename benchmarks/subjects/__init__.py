"""What is measured: the engine by either lane, the baseline beside it, and the database by itself."""

from .baseline import Baseline
from .database import Database
from .engine import Engine, ViewsetLane
from .subject import Subject

SUBJECTS: dict[str, type[Subject]] = {each.name: each for each in (Baseline, Engine, ViewsetLane, Database)}
