"""Files about the project that are not code say what is so."""

import re
from pathlib import Path

import yaml

import kvae
from kvae.explorer.exploration import VERSION as EXPLORER
from kvae.runs.version import VERSIONS
from kvae.uses.compression.archive import FORMAT_VERSION

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_citation_is_of_this_version():
    citation = read("CITATION.cff")
    assert citation["version"] == kvae.__version__
    assert {"cff-version", "message", "title", "authors", "license"} <= citation.keys()


def test_forms_for_issues_ask_what_one_needs_to_know():
    forms = {path.stem: read(path) for path in TEMPLATES.glob("*.yml") if path.stem != "config"}
    assert forms.keys() == {"bug", "idea"}
    for form in forms.values():
        assert {"name", "description", "body"} <= form.keys()
        ids = [field["id"] for field in form["body"]]
        assert len(ids) == len(set(ids))
        assert all(field["type"] == "textarea" and field["attributes"]["label"] for field in form["body"])
        assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_users_are_told_the_format_version_of_every_file():
    page = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
    told = {}
    for names, version in re.findall(r"^\| (`.*?) \|.*\| (\d+) \|$", page, re.M):
        told |= dict.fromkeys(re.findall(r"`([^`]+)`", names), int(version))
    written = {"model.ckpt*.npz": "model.ckpt.npz", "model*.npz": "model.npz"}
    expected = {written.get(name, name): version for name, version in VERSIONS.items()}
    assert told.pop("model.ckpt.previous.npz") == VERSIONS["model.ckpt*.npz"]
    assert told.pop("NAME.kvae") == FORMAT_VERSION
    assert told.pop("explorer.npz") == EXPLORER
    assert told == expected
