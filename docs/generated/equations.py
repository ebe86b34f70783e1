"""Equations as MathML, which browsers render without a script."""

from typing import Any

from latex2mathml.converter import convert


def fence(source: str, *_: Any, **__: Any) -> str:
    """A block of LaTeX, one equation for each paragraph, as `pymdownx.superfences` asks for it."""
    equations = [" ".join(one.split()) for one in source.split("\n\n")]
    return "\n".join(
        f'<div class="equation" tabindex="0">{convert(one, display="block")}</div>' for one in equations if one
    )
