"""Images whose pixels depend on their neighbours: modelled in four stages, each given the earlier ones."""

from typing import Annotated, Any

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.components import bumps, drawn
from kvae.likelihoods.exact_lattice import ExactLattice
from kvae.likelihoods.lattices import LATTICES, from_lattices, lattice_shape, to_lattices
from kvae.likelihoods.lookup import check_own
from kvae.likelihoods.support import Support
from kvae.options.rules import integer


@keras.saving.register_keras_serializable(package="kvae")
class StagedMixture(Likelihood):
    """Levels of pixels that depend on z and on the pixels of earlier stages.

    An image is split into four lattices (`kvae.likelihoods.lattices`). With x_s for the pixels of one of them,

        p(x|z) = prod_s p(x_s | x_1, ..., x_(s-1), z)

    where the pixels and channels of a stage are independent (Reed et al. 2017, equation 3, in their order; they
    have more stages). Small convolutions, which this likelihood owns and which are learnt with the other weights,
    take the decoder's features and the earlier lattices. They give the weights w of a mixture whose components,
    categorical distributions T over the levels, are learnt as well and are the same for every pixel:

        p(x) = sum_k w_k T_k(x)

    With no more levels than components, every level is a component of its own. The code z need not encode what
    pixels tell of their neighbours: the bound is much better than with pixels that are independent given z, but z
    is less informative.

    The decoder gives features, not parameters: `param_shape` is a lattice's height and width with `n_features`.

    Args:
        n_levels: The number of levels, evenly spread over [0, 1]: 256 for images of 8 bits, 2 for black and white.
            With 2, values between the levels are read as probabilities, as by `bernoulli`.
        n_components: Components of the mixture.
        n_features: Channels of the decoder's output.
        width: Channels of the two hidden convolutions of every stage.
    """

    takes = "numbers"

    def __init__(
        self,
        n_levels: Annotated[int, integer(2, 256)] = 256,
        n_components: Annotated[int, integer(2, 32)] = 32,
        n_features: Annotated[int, integer(1, 16)] = 16,
        width: Annotated[int, integer(1, 24)] = 24,
        **kwargs: Any,
    ):
        own = {"n_levels": n_levels, "n_components": n_components, "n_features": n_features, "width": width}
        check_own(type(self), own)
        super().__init__(**kwargs)
        self.n_levels, self.n_components = int(n_levels), int(n_components)
        self.n_features, self.width = int(n_features), int(width)
        self.data_shape: tuple[int, ...] | None = None
        self.layers: list[keras.Model] = []
        self.table: Any = None

    @property
    def support(self) -> Support:  # type: ignore[override]
        return Support(
            0.0,
            1.0,
            name="staged_mixture",
            mend="scale them (images: x / 255)",
            step=0.0 if self.n_levels == 2 else 1.0 / (self.n_levels - 1),
            scale="minmax" if self.n_levels == 2 else str(self.n_levels - 1),
            instead="gaussian_learnt",
        )

    def values(self, n_values: int | None = None) -> np.ndarray:
        """The levels; 0 and 1 if there are two, as grey values between them have no probability of their own."""
        return np.array([0.0, 1.0]) if self.n_levels == 2 else super().values(n_values)

    def param_shape(self, data_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the decoder's output, `(rows, columns, n_features)`: a position per block of 2 x 2 pixels.

        Raises:
            ValueError: When observations are not images.
        """
        if len(data_shape) != 3:
            raise ValueError(
                f"{self.called} needs images: `data_shape` must be (height, width, channels). "
                f"Received: data_shape={tuple(data_shape)}"
            )
        return (*lattice_shape(data_shape), self.n_features)

    def for_data(self, data_shape: tuple[int, ...]) -> None:
        """Create the convolutions of all stages, and the components, for images of a shape."""
        if self.layers:
            return
        shape = self.param_shape(data_shape)
        self.data_shape = tuple(data_shape)
        self.layers = [self.stage(i, shape, data_shape[-1]) for i in range(len(LATTICES))]
        if self.n_levels > self.n_components:
            self.table = self.add_weight(name="table", shape=(self.n_components, self.n_levels), initializer=bumps)
        self.built = True

    def stage(self, number: int, shape: tuple[int, ...], channels: int) -> keras.Model:
        """The convolutions of a stage, from features and earlier lattices to logits of the components."""
        known, policy = number * channels * (1 if self.n_levels == 2 else 2), self.dtype_policy
        inputs = keras.Input((*shape[:-1], shape[-1] + known), name="known", dtype=self.compute_dtype)
        h = inputs
        for i in (1, 2):
            conv = keras.layers.Conv2D(
                self.width, 3, padding="same", activation="relu", dtype=policy, name=f"conv_{i}"
            )
            h = conv(h)
        outputs = min(self.n_components, self.n_levels) * channels
        # Zeros: the first steps of training then learn how frequent each level is, and kill no unit.
        last = keras.layers.Conv2D(outputs, 1, kernel_initializer="zeros", name="logits", dtype=policy)
        return keras.Model(inputs, last(h), name=f"stage_{number + 1}")

    def log_weights(self, stage: int, params: Tensor, known: list[Tensor]) -> Tensor:
        """Log-weights of the components, `(n, rows, columns, channels, n_components)`, of a stage.

        Args:
            stage: 0 to 3.
            params: Features `(n, rows, columns, n_features)`.
            known: The lattices of earlier stages, in [0, 1], each `(n, rows, columns, channels)`.
        """
        logits = self.layers[stage](ops.concatenate([params, *self.seen(known)], axis=-1))
        return ops.log_softmax(by_channel(logits, self.checked_shape[-1]), axis=-1)

    def seen(self, known: list[Tensor]) -> list[Tensor]:
        """The convolutions' inputs from earlier lattices: levels times a power of 2, and which are not 0."""
        if self.n_levels == 2:
            return known
        levels = [x * (self.n_levels - 1) for x in known]
        return [channel for x in levels for channel in (x * self.unit, ops.clip(x, 0.0, 1.0))]

    @property
    def unit(self) -> float:
        """The factor of levels in the convolutions' inputs: a power of 2 that brings all of them into [0, 1]."""
        return 2.0 ** -int(np.ceil(np.log2(self.n_levels - 1)))

    def log_components(self) -> Tensor:
        """Log-probabilities of the levels under every component, `(n_components, n_levels)`."""
        return ops.log_softmax(self.table, axis=-1)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Log-probability of every value given z and those of earlier stages, in nats."""
        (params,) = parameters
        shape = tuple(x.shape[-3:])
        self.for_data(shape)
        lead = ops.shape(params)[:-3]
        params = ops.reshape(params, (-1, *params.shape[-3:]))
        x = ops.reshape(ops.broadcast_to(ops.cast(x, params.dtype), (*lead, *shape)), (-1, *shape))
        lattices = to_lattices(x, ops)
        log_p = []
        for stage, lattice in enumerate(lattices):
            log_w = self.log_weights(stage, params, lattices[:stage])
            log_p.append(self.log_mass(lattice, log_w))
        return ops.reshape(from_lattices(log_p, shape, ops), (*lead, *shape))

    def log_mass(self, x: Tensor, log_weights: Tensor) -> Tensor:
        """Log-probability of values `(...)` under `(..., n_components)`; with two, minus cross-entropy."""
        if self.n_levels == 2:
            return (1.0 - x) * log_weights[..., 0] + x * log_weights[..., 1]
        levels = ops.cast(ops.round(x * (self.n_levels - 1)), "int32")
        if self.table is None:
            return ops.sum(ops.one_hot(levels, self.n_levels, dtype=log_weights.dtype) * log_weights, axis=-1)
        return ops.logsumexp(log_weights + ops.take(ops.transpose(self.log_components()), levels, axis=0), axis=-1)

    def log_pmf(self, params: Tensor, n_values: int | None = None) -> Tensor:
        """Raises ValueError: a pixel has no masses of its own before those of earlier stages are known."""
        raise ValueError(
            f"{type(self).__name__} has no probability masses of single values: those of a stage depend on the "
            "values of earlier ones"
        )

    def coding_stages(self) -> list[ExactLattice]:
        """The lattices with their exact convolutions, as they are learnt now.

        Raises:
            ValueError: Before `for_data`.
        """
        shape = self.checked_shape
        table = None if self.table is None else ops.convert_to_numpy(self.table)
        return [
            ExactLattice(network, table, shape, number, self.n_levels, self.unit)
            for number, network in enumerate(self.layers)
        ]

    @property
    def checked_shape(self) -> tuple[int, ...]:
        """The shape of an image.

        Raises:
            ValueError: Before `for_data`.
        """
        if self.data_shape is None:
            raise ValueError(f"{type(self).__name__} has no image shape yet: pass it to a kvae.VAE first")
        return self.data_shape

    def mean(self, params: Tensor) -> Tensor:
        """The mean of every stage given the means of earlier ones: near the mean of p(x|z), in one pass."""
        shape = self.checked_shape
        lead = ops.shape(params)[:-3]
        params = ops.reshape(params, (-1, *params.shape[-3:]))
        means = ops.convert_to_tensor(self.values(), dtype=params.dtype)
        if self.table is not None:
            means = ops.matmul(ops.exp(self.log_components()), means[:, None])[:, 0]
        known: list[Tensor] = []
        for stage in range(len(LATTICES)):
            known.append(ops.sum(ops.exp(self.log_weights(stage, params, known)) * means, axis=-1))
        return ops.reshape(from_lattices(known, shape, ops), (*lead, *shape))

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One draw x ~ p(x|z) per row, a stage after the other. NumPy in and out; draws from `rng`."""
        shape = self.checked_shape
        flat = np.reshape(params, (-1, *params.shape[-3:]))
        known: list[np.ndarray] = []
        for stage in range(len(LATTICES)):
            log_w = ops.convert_to_numpy(self.log_weights(stage, flat, known))
            chosen = np.argmax(log_w + rng.gumbel(size=log_w.shape), axis=-1)  # the Gumbel-max trick
            levels = chosen if self.table is None else drawn(self.log_components(), chosen, rng)
            known.append((levels / (self.n_levels - 1)).astype(params.dtype))
        return from_lattices(known, shape, np).reshape(*params.shape[:-3], *shape)

    def get_config(self) -> dict[str, Any]:
        own = ("n_levels", "n_components", "n_features", "width")
        return {**super().get_config(), **{key: getattr(self, key) for key in own}}


def by_channel(logits: Tensor, channels: int) -> Tensor:
    """Logits `(n, rows, columns, channels * k)` as `(n, rows, columns, channels, k)`."""
    return ops.reshape(logits, (-1, *logits.shape[1:-1], channels, logits.shape[-1] // channels))
