"""``python -m benchmarks [NAME …]``: runs benchmarks, prints their tables, keeps them where it is told to."""

from __future__ import annotations

import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType

from . import measures
from .figures import Figure, gather
from .machine import Cores, allow_many_files
from .page import write
from .run import run
from .subjects import SUBJECTS
from .tables import printed
from .trial import Sizes


def main() -> None:
    given = parse()
    if given.list:
        for name, measure in measures.ALL.items():
            print(f"{name:<13} {measure.TITLE} ({', '.join(measures.subjects_of(measure))})")
        return
    signal.signal(signal.SIGTERM, _end)
    cores = Cores.of_this_machine()
    cores.take_the_rest()
    allow_many_files()
    figures: list[Figure] = []
    try:
        run(
            given.names or list(measures.ALL), places=given.on.split(","), subjects=given.only.split(","),
            runs=given.runs, server=given.server, cores=cores, figures=figures,
            sizes=Sizes(scale=given.scale, full=given.full, explain=given.explain), finished=partial(keep, given),
        )  # fmt: skip
    finally:
        report(given, figures)  # whatever ended it: hours may have gone into what there is


def keep(given: Namespace, figures: Sequence[Figure]) -> None:
    """Update the page where it was asked, by whole benchmarks: what broke off replaces no table."""
    if given.write and figures:
        write(given.write, gather(figures), command=" ".join(["python -m benchmarks", *sys.argv[1:]]))


def report(given: Namespace, figures: Sequence[Figure]) -> None:
    """Print the tables, and every figure where it was asked."""
    print(printed(gather(figures)))
    if given.json:
        given.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=1, default=dict))


def _end(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C does: what was started is ended before we are."""
    raise KeyboardInterrupt


def parse() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (all); --list shows them")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--runs", type=int, default=3, help="of each, interleaved (3)")
    parser.add_argument("--on", default="postgresql,sqlite", help="postgresql, sqlite (both)")
    parser.add_argument("--only", default=",".join(SUBJECTS), help="which subjects of those that --list shows (all)")
    parser.add_argument("--server", choices=("uvicorn", "daphne"), default="uvicorn")
    parser.add_argument("--scale", type=float, default=1, help="fewer sockets, rows and seconds, for a look: 0.1")
    parser.add_argument("--full", action="store_true", help="ten million rows as well")
    parser.add_argument("--explain", type=Path, metavar="FILE", help="keep the plans of the reads of flat")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure of every run")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="update the tables of docs/performance.md")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in measures.ALL]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(measures.ALL)}")
    if unknown := [name for name in given.only.split(",") if name not in SUBJECTS]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    if given.runs < 1 or not 0 < given.scale <= 1:
        parser.error("--runs is 1 or more, --scale above 0 and at most 1")
    return given


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
