"""A VAE's networks on arrays of any length: compiled functions of batches of a bounded size, NumPy in and out."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.data.ahead import one_ahead
from kvae.data.batches.streams import is_stream
from kvae.data.batches.tensors import as_tensors
from kvae.data.observations import CheckedRows, as_rows
from kvae.data.prior_message import as_message
from kvae.data.stored import Rows
from kvae.networks.forward import in_mode
from kvae.networks.rowwise import rows_are_independent
from kvae.options.arguments import check_count, check_seed
from kvae.training import compiling
from kvae.vae.traced import Traced


class InBatches:
    """The part of `kvae.VAE` that checks arrays, cuts them into batches, and joins the results."""

    # Attributes that a VAE has.
    encoder: Any
    decoder: Any
    likelihood: Any
    posterior: Callable[..., Any]
    decoded: Callable[..., Any]
    terms: Callable[..., Any]
    log_weights: Callable[..., Any]
    told: Callable[..., Any]
    with_given: Callable[..., Any]
    evaluation_sampling: Any
    data_shape: tuple[int, ...]
    columns: tuple[Any, ...] | None
    latent_dim: int
    jit_compile: bool
    _flatten_layers: Callable[..., Any]

    def _in_batches(
        self,
        function: Callable,
        arrays: tuple[Rows, ...],
        batch_size: int,
        jit_compile: bool | None = None,
        **static: int | None,
    ) -> tuple[np.ndarray, ...]:
        """`function` of all rows of `arrays`, as NumPy arrays.

        `jit_compile=False` compiles without XLA, which takes seconds for a new length; None: as `jit_compile` of
        the model.
        """
        check_count("batch_size", batch_size)
        call = self._compiled_function(function, jit_compile, **static)
        n = len(arrays[0])
        results: list[np.ndarray] = []
        padding = rows_are_independent(self.encoder, self.decoder, training=False)
        for rows, batch in one_ahead(as_tensors(padded_batches(arrays, batch_size, padding))):
            outputs = call(*batch)
            outputs = outputs if isinstance(outputs, list | tuple) else (outputs,)
            outputs = [ops.convert_to_numpy(output)[: rows.stop - rows.start] for output in outputs]
            results = results or [np.empty((n, *output.shape[1:]), output.dtype) for output in outputs]
            for result, output in zip(results, outputs, strict=True):
                result[rows] = output
        self._traced().ran(self._flatten_layers(include_self=False))
        return tuple(results)

    def _compiled_function(
        self, function: Callable, jit_compile: bool | None = None, **static: int | None
    ) -> Callable:
        """`function` compiled, kept for the next call, until a layer changes or `compile` is called."""
        jit_compile = bool(self.jit_compile if jit_compile is None else jit_compile)
        self._traced().check(self._flatten_layers(include_self=False))
        cache = self._traced().functions
        name = getattr(function, "__name__", function.__class__.__name__)
        key = (name, jit_compile, *static.items())
        if key not in cache:
            inferring = in_mode(functools.partial(function, **static), training=False)
            cache[key] = compiling.compiled(inferring, jit_compile)
            self._traced().is_new = True
        return cache[key]

    def _traced(self) -> Traced:
        return self.__dict__.setdefault("_inference_functions", Traced())

    def _restart_noise(self, seed: int | None) -> None:
        check_seed(seed)
        if seed is not None:
            self.evaluation_sampling.reset(seed)

    def _check_x(self, x: Rows) -> Any:
        rows = self._rows(x)
        return rows.checked() if isinstance(rows, CheckedRows) else rows

    def _rows(self, x: Rows) -> Any:
        """`x` for methods that leave no trace when they fail: its values are checked batch by batch."""
        if is_stream(x):
            raise ValueError(
                "`x` must be an array here: for a data set, vae.predict(dataset) gives z_mean, z_log_var and "
                f"x_hat. Received: {type(x).__name__}"
            )
        return as_rows("x", x, self.data_shape, self.likelihood.support, self.columns)

    def _check_prior_mu(self, prior_mu: np.ndarray | None, n: int) -> np.ndarray:
        if prior_mu is None:
            return np.zeros((n, self.latent_dim), keras.config.floatx())
        return as_message(prior_mu, None, n, self.latent_dim)["prior_mu"]

    def _check_prior(
        self, prior_mu: np.ndarray | None, prior_cov: np.ndarray | None, n: int
    ) -> tuple[np.ndarray, ...]:
        prior_mu = self._check_prior_mu(prior_mu, n)
        return prior_mu, *as_message(None, prior_cov, n, self.latent_dim).values()


def padded_batches(
    arrays: tuple[Rows, ...], batch_size: int, padding: bool = True
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Consecutive batches as floats, the last one padded by its last row, each with the rows it stands for.

    Batches of one length need one compilation; short data is padded to a power of two for the same reason. Without
    `padding` the last one is a short one.
    """
    n = len(arrays[0])
    batch_size = min(batch_size, padded_length(n))
    for start in range(0, n, batch_size):
        rows = slice(start, min(start + batch_size, n))
        missing = batch_size - (rows.stop - start) if padding else 0
        batch = [np.asarray(array[rows], keras.config.floatx()) for array in arrays]
        if missing:
            batch = [np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) for part in batch]
        yield rows, batch


def padded_length(n: int) -> int:
    """The power of two that `n` rows, where they are fewer than a batch, are padded to."""
    return 1 << (n - 1).bit_length()
