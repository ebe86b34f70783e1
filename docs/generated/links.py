"""Links of pages that are also read in the repository, as the site has them."""

import posixpath
import re

# Pages that stand beside docs/ in the repository, and their names on the site.
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def for_the_site(markdown: str, source: str) -> str:
    """The text of a page with links that lead somewhere on the site.

    A link to code or to tests, which the site does not hold, becomes its text; one to the folder of a config group
    leads to the group's keys.

    Args:
        markdown: The page.
        source: Its path in the repository, such as `docs/guide.md`.
    """
    return LINK.sub(lambda found: one_link(found, source), with_lists(markdown))


def one_link(found: re.Match[str], source: str) -> str:
    """A link as the site has it."""
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
    """Where the site has what has this path in the repository; None where it does not have it."""
    if path in BESIDE:
        return BESIDE[path]
    folder, _, rest = path.partition("/")
    if folder == "docs" and posixpath.splitext(rest)[1] and not rest.startswith("generated/"):
        return rest
    return None


def with_lists(markdown: str) -> str:
    """A page with an empty line before every list, which GitHub does without."""
    return re.sub(r"^(\*\*.*\*\*)\n(?=(?:[-*]|\d+\.) )", r"\1\n\n", markdown, flags=re.M)
