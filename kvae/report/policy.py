"""The content security policy of a page that loads nothing and runs only what it was made with."""

import base64
import hashlib


def policy(style: str, script: str = "") -> str:
    """What a page may do whose one style and one script, empty for none, stand in it as text.

    Both are named by their SHA-256, so that nothing else runs, whatever got into the page; no request leaves it.

    Raises:
        ValueError: For text that would end its own element, or whose line ends a browser changes before it hashes.
    """
    for name, text in (("style", style), ("script", script)):
        if f"</{name}" in text.lower() or "<!--" in text or "\r" in text:
            raise ValueError(f"the {name} of a page must hold no </{name}, no <!-- and no carriage return")
    rules = ["default-src 'none'", "img-src data:", f"style-src {source(style)}"]
    rules += [f"script-src {source(script)}"] if script else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def source(text: str) -> str:
    """How a policy names a text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
