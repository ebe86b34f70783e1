"""What the pages for people name of this repository is there: files, links with their headings, modules."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("benchmarks/*.md")),
]
CONFIGS = sorted(ROOT.glob("conf/**/*.yaml"))
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("outputs", ".git"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A path from the top of the repository on; what a recipe tells one to write has `my_` in its name.
FILE = re.compile(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*{{}},-]*[\w*/}}]")
MODULE = re.compile(r"(?<![\w/.-])kvae(?:\.[A-Za-z_]\w*)+")
GROUPS = sorted(path.name for path in (ROOT / "conf").iterdir() if path.is_dir() and path.name != "hydra")
# Of runs in MLflow: they look like modules.
TAGS = {"kvae.reason", "kvae.status"}
ID = {"page": lambda path: path.relative_to(ROOT).as_posix()}


def of_mine(name):
    return re.search(r"\bmy_|mine", name) is not None


def slug(heading):
    """The anchor that a heading has on GitHub."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def headings(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {slug(found) for found in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=ID["page"])
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page, link):
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if is_made(target):
        return True  # tests/docs/test_site.py follows it
    return target.exists() and (not anchor or anchor in headings(target))


def is_made(target):
    """Whether a page is made when the site is built, and stands in its table of contents."""
    name = target.relative_to(ROOT / "docs").as_posix() if target.is_relative_to(ROOT / "docs") else ""
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    return not target.exists() and re.search(rf"[ -]{re.escape(name)}$", contents, re.M) is not None and bool(name)


@pytest.mark.parametrize("page", [*PAGES, *CONFIGS], ids=ID["page"])
def test_every_file_that_is_named_is_there(page):
    names = FILE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in names if not of_mine(name) and not list(ROOT.glob(name.rstrip("/")))] == []


@pytest.mark.parametrize("page", [*PAGES, *CONFIGS], ids=ID["page"])
def test_every_module_that_is_named_is_there(page):
    names = set(MODULE.findall(page.read_text(encoding="utf-8"))) - TAGS
    assert [name for name in sorted(names) if not of_mine(name) and not is_there(name)] == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_stands_in_the_tables_of_groups(group):
    options = {path.stem for path in (ROOT / "conf" / group).glob("*.yaml")}
    readme = re.search(rf"^\| `{group}` \| (.*?) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert set(readme[1].replace("*", "").split()) == options
    contents = re.search(rf"^  - {group}: (\w+) +# (.*)$", (ROOT / "conf/config.yaml").read_text(), re.M)
    assert contents[1] in ("null", *options)
    if group != "experiment":
        assert set(re.split(r"[ ,]+", contents[2].partition(" or ")[0].partition(", or")[0])) >= options


def is_there(name):
    """Whether a dotted name is a module, or something within one."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False
