"""Plain text as Markdown that shows it as it is."""

import re


def escaped(text: str) -> str:
    """Text with the signs of Markdown made plain. A backslash before < would be shown, so it is an entity."""
    return re.sub(r"([*_>|\[\]`\\#])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
