"""Hooks that MkDocs calls while it builds the site: they add the generated pages and rewrite links."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from generated import api, errors, keys, metrics  # noqa: E402
from generated.equations import fence  # noqa: E402
from generated.links import BESIDE, for_the_site  # noqa: E402

# Weights of pages in the search: pages that answer a question come before lists and functions.
BOOST = {
    "guide.md": 3,
    "tables.md": 3,
    "glossary.md": 3,
    "errors.md": 4,
    "likelihoods.md": 2,
    "sweeps.md": 2,
    "tutorials/": 1.5,
    "reference/keys/": 0.7,
    "reference/": 0.3,
    "security.md": 0.5,
    "changelog.md": 0.2,
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Render blocks of `math` as equations."""
    config.mdx_configs["pymdownx.superfences"] = {
        "custom_fences": [{"name": "math", "class": "math", "format": fence}]
    }
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files in docs/."""
    for uri, content in pages().items():
        files.append(File.generated(config, uri, content=content))
    return files


def pages() -> dict[str, str]:
    """The generated pages, by their paths on the site."""
    made = {**keys.pages(), **api.pages(), **metrics.pages(), **errors.pages()}
    for name, uri in BESIDE.items():
        if uri != "index.md":
            made[uri] = for_the_site((ROOT / name).read_text(encoding="utf-8"), name)
    return made


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page of docs/ with links rewritten for the site; sets its weight in the search."""
    boost = next((value for begin, value in BOOST.items() if page.file.src_uri.startswith(begin)), 1)
    page.meta.setdefault("search", {})["boost"] = boost
    if page.file.generated_by:
        return markdown
    return for_the_site(markdown, f"docs/{page.file.src_uri}")


def on_page_content(html: str, **_: Any) -> str:
    """A page whose code blocks can be scrolled by keyboard, also without scripts."""
    return re.sub(r"(<pre[^>]*>(?:<span></span>)?<code)", r'\1 tabindex="0"', html)
