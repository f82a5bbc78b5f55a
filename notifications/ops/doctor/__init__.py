"""Looking the whole installation over: one finding for each thing that can be wrong, with what to do about it."""

from .examination import examine
from .findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]
