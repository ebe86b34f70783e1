"""Text in HTML: escaped, without passwords, and without characters that change the direction of text."""

import json
import re
from html import escape
from typing import Any

from kvae.process.visible import UNSEEN

# A name and a password in an address: `http://me:secret@host/`.
SECRET = re.compile(r"(?<=://)[^/\s@'\"]+@")


def shown(value: Any) -> str:
    """A value as escaped text; user names and passwords in addresses are removed, since pages are shared."""
    return escape(visible(str(value)))


def visible(value: Any) -> Any:
    """A text, or all texts in lists and dictionaries, without passwords and without control characters."""
    if isinstance(value, dict):
        return {visible(name): visible(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [visible(entry) for entry in value]
    return UNSEEN.sub("\ufffd", SECRET.sub("…@", value)) if isinstance(value, str) else value


def to_copy(command: str) -> str:
    """A command in HTML with a copy button, which is hidden unless the page's script runs."""
    button = '<button type="button" class="copy" hidden data-script>Copy</button>'
    return f'<div class="typed"><pre class="command"><code>{shown(command)}</code></pre>{button}</div>'


def typed(value: Any) -> str:
    """A value of a config as one types it."""
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def size(n_bytes: int) -> str:
    """A number of bytes in B, kB, MB or GB."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if n_bytes < 999.5 * factor or unit == "GB":
            figure = n_bytes / factor
            return f"{figure:.1f} {unit}" if figure < 10 else f"{figure:,.0f} {unit}"
    raise AssertionError


def plural(n: int, noun: str) -> str:
    """A count and its noun: 1 key, 2 keys."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
