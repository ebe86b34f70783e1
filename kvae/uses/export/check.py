"""Compares exported networks with the model that they were exported from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.data import InputSpec, Part
from kvae.data.parts import prepared
from kvae.errors import InputError
from kvae.model import VAE
from kvae.uses.export.formats import Served

BATCH_SIZES = (1, 3, 64)


@dataclass(frozen=True)
class Probe:
    """Inputs for the check, and the outputs of the model for them, computed as in recognition.

    Attributes:
        z: Codes `(64, latent_dim)`.
        x: Observations `(64, *data_shape)` in the data's own units.
        posterior: `z_mean` and `z_log_var` of `x`, each `(64, latent_dim)`.
        decoded: `x_hat` of `z`, `(64, *data_shape)`, in the data's own units.
    """

    z: np.ndarray
    x: np.ndarray
    posterior: dict[str, np.ndarray]
    decoded: dict[str, np.ndarray]

    @classmethod
    def of(cls, vae: VAE, spec: InputSpec, seed: int) -> "Probe":
        """Draw codes from N(0, I) by `seed`; the observations are their decodings."""
        z = np.random.default_rng(seed).standard_normal((max(BATCH_SIZES), vae.latent_dim), np.float32)
        decoded = vae.decode(z)
        x = spread(decoded, spec)
        support = vae.likelihood.support
        if support is not None and (support.step or spec.table is not None):
            x = support.nearest(x)
        if spec.table is not None:  # every cell is missing in some row
            x[np.add.outer(np.arange(len(x)), np.arange(x.shape[1])) % (x.shape[1] + 1) == 0] = np.nan
        x = spec.scaling.invert(x)
        z_mean, z_log_var = vae.encode(prepared(Part(x), spec).x)
        posterior = {"z_mean": z_mean, "z_log_var": z_log_var}
        return cls(z, x, posterior, {"x_hat": spec.scaling.invert(decoded)})


def spread(x: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Observations in the model's units, some outside the range to which they are clipped, none near a threshold.

    Near a threshold, the last digit would decide between 0 and 1.
    """
    x = 1.2 * x - 0.1 if spec.scaling.clip else x
    return np.where(np.abs(x - 0.5) < 0.01, 0.0, x).astype(np.float32) if spec.binarize == "threshold" else x


def errors_of(
    served: Served, inputs: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], unit: Any = 1.0
) -> dict[str, float]:
    """The largest difference of each output from `expected`, over batches of 1, 3 and 64 rows.

    It is relative to the largest magnitude in the column of the output, or to `unit` if that is larger: the
    standard deviation of N(0, I) for codes, the divisor of the scaling for observations.

    Raises:
        InputError: When names, shapes or types of the outputs are not those of `expected`.
    """
    errors = dict.fromkeys(expected, 0.0)
    for n in BATCH_SIZES:
        outputs = served({name: array[:n] for name, array in inputs.items()})
        for name, reference in expected.items():
            check_output(outputs, name, reference[:n])
            scale = np.maximum(np.abs(reference).max(axis=0), unit)
            difference = np.abs(outputs[name].astype(np.float64) - reference[:n]) / scale
            errors[name] = float(np.maximum(errors[name], difference.max()))  # a NaN stays
    return errors


def check_output(outputs: Mapping[str, np.ndarray], name: str, expected: np.ndarray) -> None:
    """Raise InputError unless the outputs hold `name`, of the shape and type of `expected`."""
    came = {key: f"{array.dtype} {array.shape}" for key, array in outputs.items()}
    if came.get(name) != f"float32 {expected.shape}":
        raise InputError(f"the exported network must give {name} as float32 {expected.shape}. Received: {came}")
