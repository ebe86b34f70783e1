"""Text from files and names on the terminal: signs that would steer it or turn text around are shown as codes."""

import re
import sys
from typing import Any, TextIO

# Control characters but the line's end and the tab, the signs that change the direction of writing or cannot be
# seen, tags, and halves of characters, which no terminal takes.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
BREAKS = re.compile(r"[\n\t]")


def visible(value: Any) -> str:
    r"""A value as text, with unseen signs as codes such as `\x1b`; line ends and tabs stay."""
    return UNSEEN.sub(coded, str(value))


def in_a_line(value: Any) -> str:
    """As `visible`, for what must not begin a line of its own."""
    return BREAKS.sub(coded, visible(value))


def coded(found: re.Match[str]) -> str:
    """A sign as Python writes it."""
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def say(text: str, file: TextIO | None = None) -> None:
    """Print a line."""
    stream = file or sys.stdout
    shown = visible(text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(shown.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
