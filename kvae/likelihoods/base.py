"""What every likelihood p(x|z) is: parameters from the decoder, a density, a mean, draws, and a support."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from kvae.exact import ops
from kvae.likelihoods.stages import Stage
from kvae.likelihoods.support import Support

Tensor = Any


class Likelihood(keras.layers.Layer):
    """Base class: a distribution over observations whose parameters come from the decoder.

    All values of an observation are independent given z, unless a subclass says otherwise. It gives `log_density`
    of one value, or `log_prob` of an observation, then `mean` and `sample`; it may own weights (a learnt variance,
    say), and makes in `for_data` those that depend on the shape of observations. A discrete one takes its
    functions from `kvae.exact.ops`, so that `Exact` arrays go through it as tensors do: that codes observations.
    Register it with `keras.saving.register_keras_serializable`, and give it a `get_config` where its constructor
    has arguments.

    Attributes:
        n_params: Parameters per value. The decoder gives them along its last axis, in blocks of the data's own
            length there: first the first parameter of all values, then the second.
        support: The values that observations may have (`kvae.likelihoods.support.Support`); None for all.
        takes: What the decoder's last activation must let through: `numbers` (any real ones), `logits` (the same),
            `probabilities` (numbers in [0, 1]), or None for anything.
        given: Places of an observation's values that the decoder is told behind the code, and that add nothing.
        for_other_endings: What messages add on a decoder that ends in the other of the two.
        coded: Whether archives can be made with it, where it is discrete.
        better_for_one_class: The likelihood to advise where one class alone is learnt to tell others from it.
    """

    n_params: int = 1
    support: Support | None = None
    takes: str | None = None
    given: tuple[int, ...] = ()
    for_other_endings: str = ""
    coded: ClassVar[bool] = True
    better_for_one_class: ClassVar[str | None] = None

    def param_shape(self, data_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the decoder's output: `data_shape`, with the last axis `n_params` times as long."""
        return (*data_shape[:-1], data_shape[-1] * self.n_params)

    def for_data(self, data_shape: tuple[int, ...]) -> None:
        """Make the weights, if any, that depend on the shape of observations: a VAE calls it when it is made."""

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """The decoder's output taken apart: a tensor per parameter, each of the data's shape."""
        return (params,) if self.n_params == 1 else tuple(ops.split(params, self.n_params, axis=-1))

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Log-density of every value in nats, or its log-probability where the likelihood is discrete.

        Args:
            x: Observations, of any shape that goes with those of `parameters`.
            parameters: What `parameters` gives.
        """
        raise NotImplementedError

    def log_prob(self, x: Tensor, params: Tensor) -> Tensor:
        """Log-density of `x`.

        Args:
            x: Observations, `(batch, *data_shape)`.
            params: The decoder's output, `(batch, *param_shape)`, or with a leading axis of samples
                `(n_samples, batch, *param_shape)`.

        Returns:
            Nats, summed over `data_shape`: `(batch,)` or `(n_samples, batch)`.
        """
        return sum_over_data(self.log_density(x, *self.parameters(params)), x)

    def log_prob_of_draws(self, x: Tensor, params: Tensor) -> Tensor:
        """`log_prob`, for params `(n_samples, batch, *param_shape)` of many draws: importance sampling takes it.

        A likelihood may compute it a faster way that gives the same to 1e-4 nats or so.
        """
        return self.log_prob(x, params)

    def mean(self, params: Tensor) -> Tensor:
        """Mean of p(x|z), `(..., *data_shape)`, of the decoder's output `(..., *param_shape)`."""
        raise NotImplementedError

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One draw x ~ p(x|z) per row of the decoder's output `(..., *param_shape)`: `(..., *data_shape)`.

        NumPy in and out. Draws from `rng`.
        """
        raise NotImplementedError

    def values(self, n_values: int | None = None) -> np.ndarray:
        """The values of a discrete likelihood in ascending order, `(n_values,)`.

        Args:
            n_values: How many; None for all, where there is a largest.

        Raises:
            ValueError: For a continuous likelihood, or for None where the values have no end.
        """
        support = self.support
        if support is None or not support.step:
            raise ValueError(f"{type(self).__name__} is continuous: it has a density, and no probability masses")
        if n_values is None:
            if support.highest == np.inf:
                raise ValueError(
                    f"{type(self).__name__} has no largest value: say how many you want, such as n_values=256"
                )
            n_values = round((support.highest - support.lowest) / support.step) + 1
        return support.lowest + support.step * np.arange(n_values)

    def log_pmf(self, params: Tensor, n_values: int | None = None) -> Tensor:
        """Log-probability of every value in nats, `(..., *data_shape, n_values)`, of a discrete likelihood.

        Args:
            params: The decoder's output, `(..., *param_shape)`; what an `ExactNetwork` gives makes the masses
                the same on every machine (`kvae.exact`).
            n_values: As in `values`; what lies beyond keeps its share of the probability.

        Raises:
            ValueError: As `values` does.
            TypeError: For a likelihood that computes with `keras.ops` of an `Exact`.
        """
        parameters = [ops.expand_dims(parameter, -1) for parameter in self.parameters(params)]
        values = ops.like(params, self.values(n_values))
        return self.log_density(values, *parameters)

    def log_scores(self, params: Tensor, n_values: int | None = None) -> Tensor:
        """`log_pmf`, to which every observed value may add a number of its own: where less need be computed."""
        return self.log_pmf(params, n_values)

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        """What the next three take of the decoder's output: `parameters`, or what is made of them once."""
        return self.parameters(params)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        """A value that is likely, and how far others lie from it: compression looks near it first."""
        raise NotImplementedError

    def below(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Probability of values below `x`, which lies between two values of a discrete likelihood.

        Where a likelihood has it, compression need not look at hundreds of values.

        Args:
            x: Of any shape that goes with those of `parameters`.
            parameters: What `for_coding` gives.
        """
        raise NotImplementedError

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Probability of the value after `x` over that of `x`, of a discrete likelihood whose values are counts.

        Where a likelihood has it, compression need not take logarithms. Arguments are those of `below`.
        """
        raise NotImplementedError

    def has(self, method: str) -> bool:
        """Whether the likelihood brings a method that need not be there."""
        return getattr(type(self), method) is not getattr(Likelihood, method)

    def coding_stages(self) -> Sequence[Stage] | None:
        """Stages in which values are coded, for a likelihood whose values depend on each other; else None."""
        return None

    @property
    def draws(self) -> bool:
        """Whether the likelihood has `sample`."""
        return self.has("sample")

    @property
    def called(self) -> str:
        """What messages call it: the argument that gives it."""
        package, _, name = type(self).__module__.rpartition(".")
        return f"likelihood={name!r}" if package == __package__ else f"likelihood={type(self).__name__}(...)"


def blocks(params: Tensor, n: int) -> Tensor:
    """The decoder's output `(..., n * length)` as `(..., length, n)`: the parameters of a value side by side."""
    shape = ops.shape(params)
    return ops.swapaxes(ops.reshape(params, (*shape[:-1], n, shape[-1] // n)), -1, -2)


def sum_over_data(values: Tensor, x: Tensor) -> Tensor:
    """Sum `values` over the axes of one observation of `x`."""
    return ops.sum(values, axis=tuple(range(1 - len(x.shape), 0)))
