"""Checks of the inputs of Keras's methods of a VAE."""

from collections.abc import Mapping
from typing import Any

from kvae.data.batches.streams import ALONE, Watch, is_stream
from kvae.data.observations import as_observations, as_weights
from kvae.data.prior_message import as_message
from kvae.likelihoods.support import Support
from kvae.training.fit import Trainer
from kvae.vae.keywords import check_targets

KEYS = ("x", "prior_mu", "prior_cov", "sample_weight")


class ChecksInputs(Trainer):
    """The part of `kvae.VAE` that checks observations, messages and weights, in every form that it accepts."""

    data_shape: tuple[int, ...]
    latent_dim: int
    likelihood: Any
    columns: tuple[Any, ...] | None
    encoder: Any
    decoder: Any

    def _check_compiled(self, name: str) -> None:
        if not self.compiled:
            raise ValueError(f"a VAE must be compiled first: call vae.compile('adam') before vae.{name}(...)")

    def _watch(self) -> Watch:
        return Watch(self.data_shape, self.likelihood.support, self.latent_dim, self.columns)

    def _batch(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """One batch of arrays, checked."""
        x = self._arrays(x, y, sample_weight)
        return x if len(x) > 1 else x["x"]

    def _inputs(self, watch: Watch, x: Any, y: Any, sample_weight: Any, name: str = "x") -> Any:
        """Inputs of `fit` and similar methods: checked arrays in a dictionary, or a stream of checked batches."""
        if not is_stream(x):
            return self._arrays(x, y, sample_weight, name)
        if y is not None or sample_weight is not None:
            raise ValueError(
                f"{ALONE}, and takes weights from the batches of a data set, as {{'x': x, 'sample_weight': w}}. "
                f"Received: {'y' if y is not None else 'sample_weight'} beside a {type(x).__name__}"
            )
        return watch.of(x)

    def _arrays(self, x: Any, y: Any, sample_weight: Any, name: str = "x") -> dict[str, Any]:
        """`x`, its message and its weights, checked.

        Raises:
            ValueError: For targets, unknown keys, or unsuitable shapes or values.
        """
        given = dict(x) if isinstance(x, Mapping) else {"x": x}
        if "x" not in given or not given.keys() <= set(KEYS):
            raise ValueError(
                'a dictionary of observations must be {"x": ..., "prior_mu": ..., "prior_cov": ...}, of which x '
                f"alone is required. Received keys: {sorted(map(str, given))}"
            )
        check_targets(given["x"], y)
        if sample_weight is not None:
            given["sample_weight"] = sample_weight
        support: Support | None = self.likelihood.support
        arrays: dict[str, Any] = {"x": as_observations(name, given["x"], self.data_shape, support, self.columns)}
        arrays |= as_message(given.get("prior_mu"), given.get("prior_cov"), len(arrays["x"]), self.latent_dim)
        if given.get("sample_weight") is not None:
            arrays["sample_weight"] = as_weights(given["sample_weight"], len(arrays["x"]))
        return arrays
