"""Sources of data: a function that gives rows, or rows and labels."""

from typing import Annotated

import numpy as np

from kvae.options.rules import integer


def waves(n: Annotated[int, integer(1, 60)] = 60, length=6):
    """Sines of two frequencies, which are their labels."""
    labels = np.arange(n) % 2
    phases = np.linspace(0, 6, n)[:, None]
    return 0.5 + 0.5 * np.sin((1 + labels[:, None]) * np.arange(length) + phases), labels


def wrong():
    return "waves"
