"""``python -m benchmarks`` against real servers, as small as it gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import clean_environment
from tests.service import ROOT

pytest.importorskip("picows")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def test_each_application_is_measured_and_every_figure_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run("latency", "start", "--runs", "1", "--scale", "0.1", "--on", "sqlite", "--json", str(file))
    assert done.returncode == 0, done.stderr
    assert "latency: create → socket" in done.stdout
    figures = json.loads(file.read_text())
    assert {(figure["benchmark"], figure["subject"]) for figure in figures} == {
        (benchmark, subject) for benchmark in ("latency", "start") for subject in ("engine", "baseline")
    }
    assert all(0 < figure["value"] < 60_000 for figure in figures)
    shares = [figure["load"]["parts"] for figure in figures if figure["benchmark"] == "latency"]
    assert all({"server", "generator", "others"} <= set(parts) for parts in shares)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    done = run("latnecy")
    assert done.returncode == 2
    assert "there is no latnecy; there are latency, throughput" in done.stderr


def test_one_that_is_stopped_keeps_what_it_has_and_ends_what_it_started(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = ["-m", "benchmarks", "start", "latency", "--runs", "1", "--on", "sqlite", "--json", str(file)]
    directory = tmp_path / "scratch"
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, env=clean_environment(TMPDIR=str(directory)), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "latency" in line:
            break
    process.terminate()
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert {figure["benchmark"] for figure in json.loads(file.read_text())} == {"start"}
    assert list(directory.iterdir()) == []
