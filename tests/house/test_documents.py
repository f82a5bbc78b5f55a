"""The documents lead somewhere: links resolve, and nothing points out of the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _files() -> list[Path]:
    """What is or would be committed; without git, everything but hidden folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not any(x.startswith(".") for x in p.relative_to(ROOT).parts)]


def _texts() -> dict[str, str]:
    texts = {}
    for path in _files():
        try:
            texts[str(path.relative_to(ROOT))] = path.read_text()
        except UnicodeDecodeError:
            continue
    return texts


DOCUMENTS = {name: text for name, text in _texts().items() if name.endswith(".md")}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_relative_link_leads_to_a_file(name):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not ((ROOT / name).parent / target.split("#")[0]).exists():
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_link_into_a_document_leads_to_a_heading(name):
    broken = []
    for target in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", DOCUMENTS[name]):
        if re.match(r"[a-z]+:", target):
            continue
        file, anchor = target.split("#")
        document = (ROOT / name).parent / file if file else ROOT / name
        if document.is_file() and anchor not in _anchors(document.read_text()):
            broken.append(target)
    assert not broken


def test_every_decision_is_listed_by_its_number_and_title():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^([0-9]+\. )\[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), flags=re.MULTILINE)
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [f"# {number}{title}" for number, title, _ in listed] == [page.read_text().splitlines()[0] for page in pages]
    assert [name for _, _, name in listed] == [page.name for page in pages]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_has_a_job_that_is_told(name):
    table = DOCUMENTS["docs/decisions/0009-dependencies.md"]
    told = re.findall(r"^\| (.+?) (?:\(.+?\) )?\| ", table, flags=re.MULTILINE)
    packages = re.findall(r"^([\w-]+)\S*==", (ROOT / name).read_text(), flags=re.MULTILINE)
    assert packages
    assert set(packages) - set(", ".join(told).split(", ")) == set()


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_no_file_points_out_of_the_repository():
    # Tests are left out: hostile paths are their business.
    outside = []
    for name, text in _texts().items():
        if name.startswith("tests/"):
            continue
        for climb in re.findall(r"(?<![\w./])(?:\.\./)+[\w.-]+", text):
            target = ((ROOT / name).parent / climb).resolve()
            if not (target.is_relative_to(ROOT) and target.exists()):
                outside.append(f"{name}: {climb}")
    assert not outside


def test_no_file_names_a_place_on_somebodys_machine():
    named = []
    for name, text in _texts().items():
        named += [f"{name}: {place}" for place in re.findall(r"(?<![\w.:/*-])/(?:home|Users|root|work)/[\w.-]+", text)]
    assert not named
