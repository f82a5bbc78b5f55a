"""``python -m benchmarks`` against real servers, as small as it gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.processes import redis_server
from tests.postgresql import programs
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
        *(("latency", subject) for subject in ("engine", "engine-viewset", "baseline", "database")),
        *(("start", subject) for subject in ("engine", "baseline")),
    }
    assert all(figure["value"] > 0 for figure in figures)
    served = [each for each in figures if each["benchmark"] == "latency" and each["subject"] != "database"]
    assert all({"server", "generator", "others"} <= set(each["load"]["parts"]) for each in served)


def test_the_wide_sends_and_the_database_by_itself_are_measured(tmp_path: Path) -> None:
    file, page = tmp_path / "figures.json", tmp_path / "page.md"
    page.write_text("")
    options = ("--runs", "1", "--scale", "0.01", "--on", "sqlite", "--only", "engine,database")
    done = run("announcement", "topic", "throughput", *options, "--json", str(file), "--write", str(page))
    assert done.returncode == 0, done.stderr
    assert " were told" not in done.stderr
    figures = {(figure["name"], figure["subject"]): figure["value"] for figure in json.loads(file.read_text())}
    assert {"10 online: announce, all told", "50 online: retract, all told", "in every inbox", "all told"} <= {
        name for name, _ in figures
    }
    assert figures["one by one", "database"] > 0
    assert "engine to database" in page.read_text()


def test_crowds_are_measured_on_postgresql_and_redis(tmp_path: Path) -> None:
    programs(), redis_server()  # or it is skipped
    file = tmp_path / "figures.json"
    done = run(
        "connect", "fanout", "storm", "sweep", "--runs", "1", "--scale", "0.01", "--on", "postgresql",
        "--json", str(file),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "only " not in done.stderr  # all were opened, and told
    names = {(each["benchmark"], each["subject"], each["name"]) for each in json.loads(file.read_text())}
    assert {
        *(("connect", subject, "opened again to 100") for subject in ("engine", "baseline", "server")),
        *(("fanout", subject, "last of 50") for subject in ("engine", "baseline")),
        *(("storm", subject, "all are back with what they missed") for subject in ("engine", "baseline")),
        ("sweep", "engine", "one sweep"),
    } <= names


def test_who_is_told_of_nothing_has_no_time_for_it(tmp_path: Path) -> None:
    file, page = tmp_path / "figures.json", tmp_path / "page.md"
    page.write_text("")
    options = ("--runs", "1", "--scale", "0.01", "--on", "sqlite", "--json", str(file), "--write", str(page))
    done = run("bulk", *options)
    assert done.returncode == 0, done.stderr
    assert "100 were stored, 0 of 10 sockets were told" in done.stderr  # the baseline's, by another process
    found = {(figure["name"], figure["subject"]) for figure in json.loads(file.read_text())}
    assert found == {("stored", "baseline"), ("stored", "engine"), ("stored and told", "engine")}
    assert "| stored and told |" in page.read_text()


def test_bursts_are_measured_in_turn_and_compared_pair_by_pair(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run("bursts", "--runs", "1", "--scale", "0.2", "--on", "sqlite", "--json", str(file))
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    assert all(figure["value"] > 0 for figure in figures)
    names = {who: [each["name"] for each in figures if each["subject"] == who] for who in ("baseline", "engine")}
    assert names["baseline"] == names["engine"]  # in pairs, though it has one way where the engine has four
    assert {names["engine"].count(name) for name in names["engine"]} == {2}
    assert len(names["engine"]) == 8


def test_rows_are_stored_once_for_all_runs_and_found_by_each_as_they_were(tmp_path: Path) -> None:
    file, plans = tmp_path / "figures.json", tmp_path / "plans.txt"
    options = ("--runs", "2", "--scale", "0.001", "--on", "sqlite", "--only", "engine")
    done = run("flat", *options, "--json", str(file), "--explain", str(plans))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("rows were stored") == 1
    assert "were changed" not in done.stderr
    names = [figure["name"] for figure in json.loads(file.read_text()) if figure["rows"] == 1000]
    assert {"page", "page in the middle", "counts", "100 changes", "admin list", "pages", "mark one read"} < set(names)
    assert names.count("mark 100 read") == 4
    assert "notification_active" in plans.read_text()


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    done = run("latnecy")
    assert done.returncode == 2
    assert "there is no latnecy; there are latency, throughput" in done.stderr
    done = run("latency", "--only", "engine,basline")
    assert done.returncode == 2
    assert "there is no basline; there are baseline, engine" in done.stderr


def test_one_that_is_stopped_keeps_what_it_has_and_ends_what_it_started(tmp_path: Path) -> None:
    file, page = tmp_path / "figures.json", tmp_path / "page.md"
    page.write_text("<!-- latency: begin -->\nof the last time\n<!-- latency: end -->\n")
    command = ["-m", "benchmarks", "start", "latency", "--runs", "1", "--on", "sqlite", "--scale", "0.1"]
    directory = tmp_path / "scratch"
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, *command, "--json", str(file), "--write", str(page)],
        cwd=ROOT, env=clean_environment(TMPDIR=str(directory)), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "latency" in line and "engine-viewset: begins" in line:
            break
    process.terminate()
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert {figure["benchmark"] for figure in json.loads(file.read_text())} == {"start", "latency"}
    assert "of the last time" in page.read_text()  # half of a benchmark replaces no table
    assert "start: begin" in page.read_text()
    assert list(directory.iterdir()) == []
