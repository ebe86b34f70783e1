"""Links for the site, from pages whose links are written for reading in the repository."""

import posixpath
import re

# Pages outside docs/ in the repository, and their names on the site.
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def for_the_site(markdown: str, source: str) -> str:
    """The text of a page with its links rewritten for the site.

    A link to a file that the site does not have, such as code, is replaced by its text.

    Args:
        markdown: The page.
        source: Its path in the repository, such as `docs/guide.md`.
    """
    return LINK.sub(lambda found: one_link(found, source), with_lists(markdown))


def one_link(found: re.Match[str], source: str) -> str:
    """One link, rewritten for the site."""
    sign, text, link = found.groups()
    path, hash_, anchor = link.partition("#")
    if re.match(r"[a-z]+:", link) or not path:
        return found[0]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    place = on_the_site(target)
    if place is None:
        return text
    here = on_the_site(source) or source
    return f"{sign}[{text}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{hash_}{anchor})"


def on_the_site(path: str) -> str | None:
    """The path on the site of a file of the repository; None if the site does not have it."""
    if path in BESIDE:
        return BESIDE[path]
    folder, _, rest = path.partition("/")
    if folder == "docs" and posixpath.splitext(rest)[1] and not rest.startswith("generated/"):
        return rest
    return None


def with_lists(markdown: str) -> str:
    """A page with an empty line between a bold line and a list, which MkDocs needs and GitHub does not."""
    return re.sub(r"^(\*\*.*\*\*)\n(?=(?:[-*]|\d+\.) )", r"\1\n\n", markdown, flags=re.M)
