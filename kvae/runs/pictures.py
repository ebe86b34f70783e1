"""Pictures as files. A picture that cannot be drawn is a warning, and does not end the run."""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kvae.runs.captions import as_metadata, caption_of
from kvae.runs.files import whole_file

log = logging.getLogger(__name__)


# More pixels than a picture of kvae has. A thumbnail takes memory for all pixels of the picture.
MANY_PIXELS = 2**25


def thumbnail(png: bytes, width: int, height: int) -> bytes | None:
    """A thumbnail as JPEG, of at most `width` x `height` pixels; None for no PNG, or a huge one."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            if picture.width * picture.height > MANY_PIXELS:
                return None
            small = picture.convert("RGBA")
        small.thumbnail((width, height))
        white = Image.new("RGBA", small.size, "white")
        white.alpha_composite(small)
        packed = io.BytesIO()
        white.convert("RGB").save(packed, "JPEG", quality=80)
        return packed.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def write_picture(path: Path, draw: Callable[..., Any], *arguments: Any, **options: Any) -> Path | None:
    """Write the matplotlib figure that `draw(*arguments, **options)` returns as a PNG that holds its caption.

    If `draw` fails, a warning is logged. If it fails or returns None, a picture at `path` is removed and None is
    returned.

    Raises:
        WriteError: When the file cannot be written.
    """
    picture = io.BytesIO()
    try:
        figure = draw(*arguments, **options)
        if figure is not None:
            words = as_metadata(caption_of(draw, path.stem))
            figure.savefig(picture, dpi=120, format="png", metadata=words)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        log.warning("warning: %s could not be drawn (%s); the numbers are written all the same", path.name, reason)
        log.debug("why the picture could not be drawn", exc_info=True)
        figure = None
    if figure is None:
        path.unlink(missing_ok=True)
        return None
    with whole_file(path) as part:
        part.write_bytes(picture.getvalue())
    return path
