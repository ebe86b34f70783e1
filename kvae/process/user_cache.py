"""The user's cache folder, for files that can be made again."""

import os
from pathlib import Path


def user_cache() -> Path | None:
    """`kvae` in the user's cache, `$XDG_CACHE_HOME` or `~/.cache`; None for a user who has no home."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kvae"
    except RuntimeError:  # no HOME, and a user that the system does not know
        return None
