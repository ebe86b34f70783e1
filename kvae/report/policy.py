"""The content security policy of a page: it loads nothing, and runs only its own script."""

import base64
import hashlib


def policy(style: str, script: str = "") -> str:
    """The policy of a page with one inline style and at most one inline script (empty for none).

    The policy allows both by their SHA-256, so that no other style or script works. The page makes no requests.

    Raises:
        ValueError: For text that would close its own element, or whose line ends a browser changes before hashing.
    """
    for name, text in (("style", style), ("script", script)):
        if f"</{name}" in text.lower() or "<!--" in text or "\r" in text:
            raise ValueError(f"the {name} of a page must hold no </{name}, no <!-- and no carriage return")
    rules = ["default-src 'none'", "img-src data:", f"style-src {source(style)}"]
    rules += [f"script-src {source(script)}"] if script else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def source(text: str) -> str:
    """The source expression of a text in a policy: its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
