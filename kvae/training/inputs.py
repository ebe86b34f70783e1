"""The inputs of `VAE.fit` and `VAE.evaluate`: arrays and dictionaries of arrays, checked and cut into blocks."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.data.batches import EVALUATION_BATCH, Plan, evaluation_batches, training_blocks
from kvae.options.arguments import check_prior_cov, check_prior_mu

Tensor = Any
NAMES = {"x", "prior_mu", "prior_cov", "sample_weight"}


def checked_inputs(x: Any, y: Any, sample_weight: Any, latent_dim: int) -> Any:
    """Inputs of `fit` and `evaluate`, with the weights in their dictionary: Keras drops weights without targets.

    Raises:
        ValueError: For targets, or for messages or weights of another length or width.
    """
    if y is not None:
        raise ValueError("a VAE learns from x alone: call fit(x), without targets. Received: y")
    if sample_weight is not None:
        x = {**(x if isinstance(x, dict) else {"x": x}), "sample_weight": sample_weight}
    if not (isinstance(x, dict) and hasattr(x.get("x"), "shape")):
        return x
    n = x["x"].shape[0]
    if x.get("prior_mu") is not None:
        check_prior_mu(np.shape(x["prior_mu"]), n, latent_dim)
    if x.get("prior_cov") is not None:
        check_prior_cov(np.shape(x["prior_cov"]), n, latent_dim)
    if sample_weight is not None and np.shape(sample_weight) != (n,):
        raise ValueError(f"`sample_weight` must have shape ({n},). Received: shape {np.shape(sample_weight)}")
    return {name: values for name, values in x.items() if values is not None}


def as_arrays(x: Any) -> dict[str, Any] | None:
    """`x` as a dictionary of arrays with a row per observation; None when it is anything else."""
    arrays = x if isinstance(x, Mapping) else {"x": x}
    if not arrays.keys() <= NAMES or "x" not in arrays:
        return None
    if not all(hasattr(values, "shape") and hasattr(values, "dtype") for values in arrays.values()):
        return None
    return {name: single(values) for name, values in arrays.items()}


def single(values: Any) -> Any:
    """Double precision as `floatx`, in which the model computes; any other type, such as bytes, unchanged."""
    return np.asarray(values, keras.config.floatx()) if values.dtype == np.float64 else values


def split_off(arrays: dict[str, Any], fraction: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keras's `validation_split`: all but the last rows, and the last `fraction` of them.

    Raises:
        ValueError: When one part would be empty.
    """
    n = len(arrays["x"])
    first = int(n * (1.0 - fraction))
    if not 0 < first < n:
        raise ValueError(f"`validation_split` must leave rows on both sides of {n}. Received: {fraction}")
    learnt = {name: values[:first] for name, values in arrays.items()}
    return learnt, {name: values[first:] for name, values in arrays.items()}


def blocks_of(arrays: dict[str, Any], plan: Plan, padding: bool, first: Callable[[], int]) -> Any:
    """The blocks of `plan` as a data set, from epoch `first()` on where that is later than the plan's start."""
    arrays = dict(arrays)
    x, weights = arrays.pop("x"), arrays.pop("sample_weight", None)
    return training_blocks(x, plan, weights=weights, prior=arrays, padding=padding, first=first)


def batches_of(x: Any, batch_size: int | None, padding: bool) -> Any:
    """Arrays as batches for evaluation; anything else unchanged."""
    arrays = as_arrays(x)
    if arrays is None:
        return x
    x, weights = arrays.pop("x"), arrays.pop("sample_weight", None)
    return evaluation_batches(x, batch_size or EVALUATION_BATCH, arrays, weights, padding)


def bare(x: Any) -> Any:
    """Observations without a message as an array, out of their dictionary; anything else unchanged."""
    return x["x"] if isinstance(x, dict) and x.keys() == {"x"} else x


def order_seed(seed: int | None, iterations: int) -> int:
    """The seed of the shuffles of a call of `fit`: different for every call, and the same for a resumed model.

    Without a `seed` it is drawn from NumPy's global generator, as `keras.utils.set_random_seed` expects.
    """
    if seed is None:
        return int(np.random.randint(2**31))
    return int(np.random.SeedSequence([seed, iterations]).generate_state(1)[0])


def unpack_batch(data: Any) -> tuple[Any, Tensor | None]:
    """The inputs and `sample_weight` of a Keras batch; ValueError for targets, which a VAE does not have."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if y is not None:
        raise ValueError("a VAE learns from x alone: call fit(x), without targets. Received: y")
    if isinstance(x, dict) and "sample_weight" in x:
        x = dict(x)
        sample_weight = x.pop("sample_weight")
    return x, sample_weight


def unpack_inputs(inputs: Any, latent_dim: int, dtype: str) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Observations, their prior mean (0 without a message), covariance and noise, checked against each other.

    Raises:
        ValueError: For other keys, or a message of another length or width.
    """
    if not isinstance(inputs, dict):
        return ops.cast(inputs, dtype), 0.0, None, None
    if "x" not in inputs or not inputs.keys() <= {"x", "prior_mu", "prior_cov", "eps"}:
        raise ValueError(
            'a batch must be an array or a dictionary {"x": ..., "prior_mu": ..., "prior_cov": ...}, of which '
            f"x alone is required. Received keys: {sorted(inputs)}"
        )
    x = ops.cast(inputs["x"], dtype)
    prior_mu, prior_cov = inputs.get("prior_mu"), inputs.get("prior_cov")
    if prior_cov is not None:
        check_prior_cov(prior_cov.shape, x.shape[0], latent_dim)
        prior_cov = ops.cast(prior_cov, dtype)
    if prior_mu is None:
        return x, 0.0, prior_cov, inputs.get("eps")
    check_prior_mu(prior_mu.shape, x.shape[0], latent_dim)
    return x, ops.cast(prior_mu, dtype), prior_cov, inputs.get("eps")


def check_free_bits(inputs: Any, free_bits: float) -> None:
    """Raise ValueError for `free_bits`, which applies to single dimensions, with covariances between them."""
    prior_cov = inputs.get("prior_cov") if isinstance(inputs, dict) else None
    if prior_cov is not None and len(prior_cov.shape) == 3:
        raise ValueError(
            "`free_bits` applies to the KL of single dimensions, which a full `prior_cov` does not have. "
            f"Received: free_bits={free_bits} with prior_cov of shape {tuple(prior_cov.shape)}"
        )
