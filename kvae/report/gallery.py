"""Pictures with their captions in HTML."""

from collections.abc import Iterable

from kvae.report.pictures import Picture
from kvae.report.text import shown

# A picture that is wider than this, in pixels or relative to its height, gets a row of its own: its text is small.
WIDE_PIXELS, WIDE_SHAPE = 1000, 2.3


def gallery(pictures: Iterable[Picture]) -> str:
    """Pictures in rows; empty without pictures."""
    figures = "".join(map(figure, pictures))
    return f'<div class="pictures">{figures}</div>' if figures else ""


def figure(picture: Picture) -> str:
    """A picture and its caption."""
    caption = picture.caption
    kind, reach = (' class="wide"', ' tabindex="0"') if is_wide(picture) else ("", "")  # scrolled on a phone
    # With its size, so that the page does not move while pictures load.
    return (
        f"<figure{kind}><figcaption><h3>{shown(caption.title)}</h3><p>{shown(caption.text)} "
        f'<code>{shown(picture.name)}</code></p></figcaption><div class="scroll"{reach}>'
        f'<img alt="{shown(caption.alt)}" width="{picture.width}" height="{picture.height}" '
        f'src="{picture.data_uri}"></div></figure>\n'
    )


def least_widths(pictures: Iterable[Picture]) -> str:
    """The style for least widths of wide pictures: they scroll on a phone, so that their text stays readable."""
    widths = sorted({picture.width for picture in pictures if is_wide(picture)})
    return "".join(f'figure.wide img[width="{width}"] {{ min-width: {width // 2}px; }}\n' for width in widths)


def is_wide(picture: Picture) -> bool:
    """Whether a picture gets a row of its own."""
    return picture.width > min(WIDE_PIXELS, WIDE_SHAPE * picture.height)
