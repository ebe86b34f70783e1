"""The base class of likelihoods p(x|z): parameters from the decoder, a density, a mean, draws, and a support."""

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

    All values of an observation are independent given z, unless a subclass says otherwise. A subclass defines
    `log_density` of one value or `log_prob` of an observation, and `mean` and `sample`. It may own weights, such
    as a learnt variance; `for_data` creates those that depend on the shape of observations. A discrete likelihood
    takes its functions from `kvae.exact.ops`, so that they accept `Exact` arrays as well as tensors: archives need
    that. Register a subclass with `keras.saving.register_keras_serializable`, and give it a `get_config` where its
    constructor has arguments.

    Attributes:
        n_params: Parameters per value. The decoder gives them along its last axis, in blocks as long as the last
            axis of the data: first the first parameter of all values, then the second.
        support: The values that observations may have (`kvae.likelihoods.support.Support`); None for all.
        takes: What the decoder must give, and its last activation must allow: `numbers` (any real ones), `logits`
            (the same), `probabilities` (numbers in [0, 1]), or None for anything.
        given: Indices of those values of an observation that are a condition: the decoder gets them behind the
            code, and they add nothing to `log_prob`.
        for_other_endings: What error texts add for a decoder that gives probabilities where logits are needed, or
            the reverse.
        coded: Whether archives can be made with it, if it is discrete.
        better_for_one_class: The likelihood to recommend where a model learns one class, to detect other classes.
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
        """Create the weights, if any, that depend on the shape of observations; every new VAE calls it."""

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """The decoder's output, split: a tensor per parameter, each of the data's shape."""
        return (params,) if self.n_params == 1 else tuple(ops.split(params, self.n_params, axis=-1))

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Log-density of every value in nats, or its log-probability where the likelihood is discrete.

        Args:
            x: Observations, of any shape that broadcasts with those of `parameters`.
            parameters: What the method `parameters` returns.
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
        """`log_prob` for params `(n_samples, batch, *param_shape)` of many draws, as importance sampling needs it.

        A subclass may compute it faster, if the result is the same to about 1e-4 nats.
        """
        return self.log_prob(x, params)

    def mean(self, params: Tensor) -> Tensor:
        """Mean of p(x|z), `(..., *data_shape)`, of the decoder's output `(..., *param_shape)`."""
        raise NotImplementedError

    def mean_of_numbers(self, params: Tensor) -> Tensor:
        """`mean`, where the categories of a table's columns may be NaN."""
        return self.mean(params)

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
            n_values: As in `values`; values beyond keep their share of the probability.

        Raises:
            ValueError: As `values` does.
            TypeError: For `Exact` params and a likelihood that computes with `keras.ops`.
        """
        parameters = [ops.expand_dims(parameter, -1) for parameter in self.parameters(params)]
        values = ops.like(params, self.values(n_values))
        return self.log_density(values, *parameters)

    def log_scores(self, params: Tensor, n_values: int | None = None) -> Tensor:
        """`log_pmf` up to a constant for each value of an observation: a subclass need not normalise it."""
        return self.log_pmf(params, n_values)

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        """The arguments of `about`, `below` and `next_over`: `parameters`, or numbers computed from them once."""
        return self.parameters(params)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        """A likely value and the spread around it: compression begins its search there."""
        raise NotImplementedError

    def below(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Probability of all values below `x`, a point between two values of a discrete likelihood.

        Optional: with it, compression does not compute hundreds of probabilities.

        Args:
            x: Of any shape that broadcasts with those of `parameters`.
            parameters: What `for_coding` returns.
        """
        raise NotImplementedError

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """The ratio p(x + 1) / p(x), for a discrete likelihood of counts.

        Optional: with it, compression does not compute logarithms. Arguments are those of `below`.
        """
        raise NotImplementedError

    def has(self, method: str) -> bool:
        """Whether the likelihood overrides an optional method of this class."""
        return getattr(type(self), method) is not getattr(Likelihood, method)

    def coding_stages(self) -> Sequence[Stage] | None:
        """The stages in which values are coded, if the values depend on each other; else None."""
        return None

    @property
    def draws(self) -> bool:
        """Whether the likelihood has `sample`."""
        return self.has("sample")

    @property
    def called(self) -> str:
        """Its name in error texts: the argument that selects it."""
        package, _, name = type(self).__module__.rpartition(".")
        return f"likelihood={name!r}" if package == __package__ else f"likelihood={type(self).__name__}(...)"


def blocks(params: Tensor, n: int) -> Tensor:
    """The decoder's output `(..., n * length)` as `(..., length, n)`: the parameters of a value side by side."""
    shape = ops.shape(params)
    return ops.swapaxes(ops.reshape(params, (*shape[:-1], n, shape[-1] // n)), -1, -2)


def sum_over_data(values: Tensor, x: Tensor) -> Tensor:
    """Sum `values` over the axes of one observation of `x`."""
    return ops.sum(values, axis=tuple(range(1 - len(x.shape), 0)))
