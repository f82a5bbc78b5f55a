"""What is measured: the engine, and the baseline beside it."""

from .baseline import Baseline
from .engine import Engine
from .subject import Subject

SUBJECTS: dict[str, type[Subject]] = {"baseline": Baseline, "engine": Engine}
