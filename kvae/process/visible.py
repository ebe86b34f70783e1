"""Text from files and names on the terminal: characters that control it or reverse text are shown as codes."""

import re
import sys
from typing import Any, TextIO

# Control characters except line feed and tab, invisible characters and those that change the direction of writing,
# tags, and halves of characters (surrogates), which no terminal can show.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
BREAKS = re.compile(r"[\n\t]")


def visible(value: Any) -> str:
    r"""A value as text, with these characters as codes such as `\x1b`; line feeds and tabs stay."""
    return UNSEEN.sub(coded, str(value))


def in_a_line(value: Any) -> str:
    """As `visible`, with line feeds and tabs as codes too, so that the value stays on one line."""
    return BREAKS.sub(coded, visible(value))


def coded(found: re.Match[str]) -> str:
    """A character as a code of Python."""
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def say(text: str, file: TextIO | None = None) -> None:
    """Print a line, with characters that the stream cannot show as codes."""
    stream = file or sys.stdout
    shown = visible(text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(shown.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
