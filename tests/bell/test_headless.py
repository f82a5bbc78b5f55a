"""The file of the bell, as it is served: small, made from its source, and right by the tests of its client in Node."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVED = ROOT / "notifications" / "static" / "notifications" / "notification-inbox.js"
NODE, ESBUILD = shutil.which("node"), ROOT / "node_modules" / ".bin" / "esbuild"


def _needs(tool: object, install: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not tool and not os.environ.get("CI"), reason=f"needs {install}")


def test_the_bell_is_at_most_15_kilobytes():
    assert len(gzip.compress(SERVED.read_bytes(), 9, mtime=0)) <= 15 * 1024


def test_the_bell_imports_nothing_and_writes_no_markup():
    code = SERVED.read_text()
    assert not re.search(r"\bimport\b(?!\.meta)", code)
    for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "style="):
        assert danger not in code


@_needs(NODE, "Node: apt-get install nodejs")
@pytest.mark.parametrize("suite", sorted(path.name for path in Path(__file__).parent.glob("*.test.mjs")))
def test_the_suites_for_node_pass(suite):
    ended = subprocess.run(
        [NODE, "--test", Path(__file__).with_name(suite)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "# fail 0" in ended.stdout


@_needs(ESBUILD.exists(), "the bell's tools: npm ci --ignore-scripts")
def test_what_is_served_was_built_from_the_source(tmp_path):
    built = tmp_path / "built.js"
    subprocess.run(
        ["npm", "run", "--silent", "build", "--", f"--outfile={built}"],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert built.read_bytes() == SERVED.read_bytes(), "run: npm run build"
