"""Reading what the engine counted."""

from __future__ import annotations

import re

from prometheus_client import REGISTRY


def counted(name: str, **labels: str) -> float:
    """The value of a sample in this process; 0 when nothing was counted yet."""
    return REGISTRY.get_sample_value(name, labels) or 0


def samples(text: str) -> dict[str, float]:
    """Prometheus text as ``name{labels}`` → value."""
    found = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, flags=re.MULTILINE)
    return {name: float(value) for name, value in found}
