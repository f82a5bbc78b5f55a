"""The map of the app holds: every import contract of pyproject.toml is kept."""

import tomllib

from tests.house.commands import ROOT, python


def test_every_import_contract_is_kept():
    # As `make lint` runs it: in a process where nothing is imported yet.
    ended = python("-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache', '--no-logo'])")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_contract_has_an_exception():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = config["tool"]["importlinter"]["contracts"]
    assert contracts
    assert not [contract["name"] for contract in contracts if contract.get("ignore_imports")]
