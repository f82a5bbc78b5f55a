"""The files of ``deploy/`` agree with the code and the documents."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from prometheus_client import CollectorRegistry, Gauge, generate_latest

import notifications.metrics as counts
from notifications.conf import Options
from notifications.limits import BATCH_BODY_MAX, BODY_MAX
from notifications.ops.metrics import Ages
from notifications.realtime.serving.supervisor import STOP_SECONDS
from notifications.wire.problems import Problem
from notifications.wire.strict_json import dumps
from tests.counted import samples
from tests.house.commands import ROOT

DEPLOY = ROOT / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text())
NAME = r"\bnotifications_[a-z_]+"


def read(name: str) -> str:
    return (DEPLOY / name).read_text()


# Metrics ---------------------------------------------------------------------------------------------------------


def exported() -> set[str]:
    """Every sample of ours that /metrics shows, by name and labels."""
    registry = CollectorRegistry()
    registry.register(Ages())
    return {name for name in samples(generate_latest(registry).decode()) if name.startswith("notifications_")}


def names() -> set[str]:
    return {sample.partition("{")[0] for sample in exported() if not sample.partition("{")[0].endswith("_created")}


def queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]


def test_the_dashboard_asks_only_for_metrics_that_are_exported():
    asked = {name for query in queries() for name in re.findall(NAME, query)}
    assert asked
    assert asked - names() == set()


def test_the_dashboard_shows_every_metric():
    shown = {re.sub("_bucket$", "", name) for query in queries() for name in re.findall(NAME, query)}
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in names()}
    assert families - shown == set()


def test_the_labels_the_dashboard_asks_for_exist():
    for query in queries():
        for label, value in re.findall(r'(\w+)="(\w+)"', query):
            assert any(f'{label}="{value}"' in sample for sample in exported()), query


def test_the_dashboard_can_be_imported_anywhere():
    assert DASHBOARD["templating"]["list"][0]["type"] == "datasource"
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in DASHBOARD["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_no_two_panels_of_the_dashboard_overlap():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_every_metric_is_documented_and_none_that_is_not():
    table = OPERATIONS.split("## Metrics")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `notifications_")]
    documented = {name for row in rows for name in re.findall(NAME, row)}
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in names()}
    assert documented == families


def test_gauges_say_how_those_of_several_workers_become_one():
    gauges = [each for each in vars(counts).values() if isinstance(each, Gauge)]
    assert gauges
    assert all(gauge._multiprocess_mode.startswith("live") for gauge in gauges)


# Proxies ---------------------------------------------------------------------------------------------------------


def test_nginx_has_the_limits_of_the_engine():
    sizes = re.findall(r"client_max_body_size (\d+)([km]);", read("nginx.conf"))
    assert [int(number) * {"k": 1024, "m": 1024**2}[unit] for number, unit in sizes] == [BODY_MAX, BATCH_BODY_MAX]


def test_caddy_has_the_limits_of_the_engine():
    text = read("Caddyfile")
    sizes = re.findall(r"max_size (\d+)([KM])iB", text)
    assert {int(number) * {"K": 1024, "M": 1024**2}[unit] for number, unit in sizes} == {BODY_MAX, BATCH_BODY_MAX}
    assert {int(number) for number in re.findall(r"\) > (\d+)", text)} == {BODY_MAX, BATCH_BODY_MAX}


@pytest.mark.parametrize("file", ["nginx.conf", "Caddyfile"])
def test_a_proxy_refuses_in_the_words_of_the_engine(file):
    for status in (413, 503):
        assert dumps(Problem(status).to_wire()) in read(file)


def test_nginx_waits_longer_than_a_socket_is_silent_or_slow():
    options = Options()
    for name in ("read", "send"):
        [seconds] = re.findall(rf"proxy_{name}_timeout (\d+)s;", read("nginx.conf"))
        assert int(seconds) > max(2.5 * options.HEARTBEAT_SECONDS, options.SEND_TIMEOUT_SECONDS)


# Services --------------------------------------------------------------------------------------------------------


def unit(name: str) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(read(name))
    return parser


@pytest.mark.parametrize("name", ["notifications.service", "notifications-purge.service"])
def test_a_unit_runs_a_command_that_there_is_with_options_it_has(name):
    program, manage, command, *options = shlex.split(unit(name)["Service"]["ExecStart"])
    assert program.endswith("python") and manage == "manage.py"
    load_command_class(get_commands()[command], command).create_parser("manage.py", command).parse_args(options)


def test_the_service_manager_waits_until_the_server_is_done():
    service = unit("notifications.service")["Service"]
    assert int(service["TimeoutStopSec"]) > STOP_SECONDS + 2
    assert service["KillMode"] == "mixed"
    assert (
        yaml.safe_load(read("compose.yaml"))["services"]["engine"]["stop_grace_period"]
        == f"{service['TimeoutStopSec']}s"
    )


def test_the_environment_file_names_only_variables_that_there_are():
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    given = set(re.findall(r"^([A-Z_]+)=", read("notifications.env"), re.MULTILINE))
    assert given - documented == {"DJANGO_SETTINGS_MODULE"}


def test_the_image_copies_what_there_is_and_runs_without_root():
    text = read("Dockerfile")
    for source in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / source).exists()
    assert re.search(r"^USER [1-9]\d*$", text, re.MULTILINE)


def test_every_file_is_named_in_the_document():
    assert [path.name for path in DEPLOY.iterdir() if f"deploy/{path.name}" not in OPERATIONS] == []
