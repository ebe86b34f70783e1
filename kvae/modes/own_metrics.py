"""What the user's own metrics, those of the group `metric`, say of rows that a mode worked on."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kvae.data import InputSpec, Part
from kvae.metrics.own import measure_own
from kvae.model import VAE
from kvae.uses.evaluation.arrays import arrays_of

Functions = dict[str, Callable[..., Any]]


def measured(
    functions: Functions, vae: VAE, part: Part, spec: InputSpec, prior: dict[str, np.ndarray] | None = None
) -> dict[str, float]:
    """What they measure on evenly spread rows of a part, whose `prior` has the messages that it got, if any."""
    if not functions:
        return {}
    return measure_own(functions, arrays_of(vae, part, spec, None if prior is None else prior["prior_mu"]))
