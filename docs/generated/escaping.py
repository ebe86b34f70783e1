"""Plain text escaped for Markdown."""

import re


def escaped(text: str) -> str:
    """Text with the special characters of Markdown escaped; `<` is an entity: its backslash would be shown."""
    return re.sub(r"([*_>|\[\]`\\#])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
