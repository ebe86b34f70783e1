"""Measures rows of a mode with the user's own metrics, those of the group `metric`."""

from collections.abc import Callable
from typing import Any

from kvae.data import InputSpec, Part
from kvae.metrics.own import measure_own
from kvae.model import VAE
from kvae.modules import Gaussian
from kvae.uses.evaluation.arrays import arrays_of

Functions = dict[str, Callable[..., Any]]


def measured(
    functions: Functions, vae: VAE, part: Part, spec: InputSpec, message: Gaussian | None = None
) -> dict[str, float]:
    """The values of `functions` on evenly spread rows of a part; `message` has the priors of all rows, if any."""
    if not functions:
        return {}
    prior_mu = None if message is None else message.as_prior()["prior_mu"]
    return measure_own(functions, arrays_of(vae, part, spec, prior_mu))
