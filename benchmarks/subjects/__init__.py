"""What is measured: the engine by either lane, the baseline beside it, the database and the server by themselves."""

from .baseline import Baseline
from .database import Database
from .engine import Engine, ViewsetLane
from .server import Server
from .subject import Subject

SUBJECTS: dict[str, type[Subject]] = {each.name: each for each in (Baseline, Engine, ViewsetLane, Database, Server)}
