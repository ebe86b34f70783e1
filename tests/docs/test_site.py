"""The documentation site: it builds strictly, every link leads somewhere, and nothing is loaded from elsewhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import CHROMIUM, Browser

pytest.importorskip("material", reason="the extra [docs] is not installed")
pytest.importorskip("mkdocstrings", reason="the extra [docs] is not installed")
pytest.importorskip("latex2mathml", reason="the extra [docs] is not installed")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
# Boxes on the page that scroll sideways, and whether a keyboard reaches each, once the theme has started.
SCROLLING = """new Promise((drawn) => setTimeout(drawn, 500)).then(() =>
  [...document.querySelectorAll("pre > code, .equation, .md-typeset__scrollwrap")]
    .filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.tabIndex))"""
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}


class Page(HTMLParser):
    """The links of a page, what it loads, and the anchors in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values.get("id"), values.get("name")}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        for of_tag, name in LOADED:
            if tag == of_tag and values.get(name) and values.get("rel") != "canonical":
                self.loaded.append(values[name])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    # Links of the page for what is not found are meant for a server's root.
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_link_leads_to_a_page_and_to_an_anchor_in_it(pages):
    lost = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.is_file() and (
                not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].anchors
            )
            lost += [] if there else [(path.name, link)]
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(site, pages):
    assert [(path.name, link) for path, page in pages.items() for link in page.loaded if "//" in link] == []
    for style in site.rglob("*.css"):
        assert "url(http" not in style.read_text(encoding="utf-8"), style


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_what_is_wider_than_its_box_can_be_scrolled_by_keyboard(site, tmp_path):
    """Without a screen this browser has no pointer that hovers, which is where the theme would leave it out."""
    browser = Browser(tmp_path / "profile")
    try:
        for page in ("modules.html", "results.html"):  # wide code, wide tables
            browser.open(site / page, width=700)
            boxes = browser.value(SCROLLING)
            assert boxes and set(boxes) == {0}, page
    finally:
        browser.close()
