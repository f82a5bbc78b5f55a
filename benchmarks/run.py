"""Running benchmarks: in each run one application after the other, so that both meet the same noise."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence

import uvloop

from . import measures
from .figures import Figure
from .machine import Cores
from .places import Place, place
from .subjects import SUBJECTS
from .trial import Sizes, Trial

TRIAL_SECONDS = 5400
"""No single trial takes longer; the fillings of ``--full`` included."""


def run(
    names: Sequence[str], *, places: Sequence[str], subjects: Sequence[str], runs: int, server: str, cores: Cores,
    sizes: Sizes, figures: list[Figure], finished: Callable[[Sequence[Figure]], object],
) -> None:  # fmt: skip
    """Add every figure of every run to ``figures`` as soon as it is known; ``finished`` gets those of a benchmark when
    all of its runs are over.
    """
    for kind in places:
        with place(kind) as where:
            for name in names:
                before = len(figures)
                _benchmark(name, where, subjects, runs=runs, server=server, cores=cores, sizes=sizes, figures=figures)
                finished(figures[before:])


def _benchmark(
    name: str, where: Place, subjects: Sequence[str], *, runs: int, server: str, cores: Cores, sizes: Sizes,
    figures: list[Figure],
) -> None:  # fmt: skip
    measure = measures.ALL[name]
    mine = [each for each in subjects if each in measures.subjects_of(measure)]
    in_turn = getattr(measure, "measure_in_turn", None)
    for number in range(1, runs + 1):
        for several in [mine] if in_turn and mine else [[each] for each in mine]:
            began = time.monotonic()
            trials = [
                Trial(
                    benchmark=name, subject=SUBJECTS[each](where, server=server, cores=cores), sizes=sizes,
                    say=_sayer(f"{name} · {where.name} · run {number}/{runs} · {each}"),
                )
                for each in several
            ]  # fmt: skip
            for trial in trials:
                trial.say("begins")
            work = in_turn(trials) if in_turn else measure.measure(trials[0])
            gc.collect()
            gc.disable()  # a pause of ours would be measured as one of theirs
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    runner.run(asyncio.wait_for(work, TRIAL_SECONDS))
            finally:
                gc.enable()
            for trial in trials:
                shown = ", ".join(f"{figure.title} {figure.value:.4g} {figure.unit}" for figure in trial.figures)
                trial.say(f"{shown} ({time.monotonic() - began:.0f} s)")
                figures += trial.figures


def _sayer(where: str) -> Callable[[str], None]:
    return lambda line: print(f"  {where}: {line}", file=sys.stderr, flush=True)
