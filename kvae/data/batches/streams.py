"""Check batches of data sets, generators and `PyDataset`s when they are read.

Every batch must be what `kvae.data.observations` asks of an array. The checks of a `tf.data.Dataset`, and of a
`PyDataset` with workers, run in threads beside training.
"""

import contextlib
import types
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from kvae.data.batches import guards
from kvae.data.observations import as_observations, as_weights
from kvae.data.prior_message import as_message
from kvae.likelihoods.support import Support

ALONE = "a VAE learns from x alone"

# Libraries whose classes give batches: data sets, data loaders, and Keras's adapters of these.
LIBRARIES = {"tensorflow", "keras", "torch", "grain"}


def is_stream(x: Any) -> bool:
    """Whether `x` gives batches one by one; False for arrays in memory."""
    if isinstance(x, types.GeneratorType):
        return True
    return any("Data" in kind.__name__ and kind.__module__.split(".")[0] in LIBRARIES for kind in type(x).__mro__)


@dataclass
class Watch:
    """Checks batches, and keeps the first error, because a pipeline wraps it in an error of its own.

    Attributes:
        row_shape: Shape of one observation.
        support: The values that are allowed; None for all finite ones.
        latent_dim: Number of latent dimensions, which a message has.
        learnt: Names of the learnt columns, which DataFrames must have in this order; None for any.
        error: The first error of a batch of a generator or `PyDataset`; None without one.
    """

    row_shape: tuple[int, ...]
    support: Support | None
    latent_dim: int
    learnt: Sequence[Any] | None = None
    error: ValueError | None = field(default=None, compare=False)

    @contextlib.contextmanager
    def words(self) -> Iterator[None]:
        """Replace the error of a pipeline by one that says what is wrong with the batch.

        Raises:
            ValueError: Instead of the error of the pipeline.
        """
        try:
            yield
        except Exception as error:
            if self.error is not None:
                raise self.error from None
            for what, text in {"x": self.text_of_x(), **guards.TEXTS}.items():
                if guards.MARK.format(what) in str(error):
                    raise ValueError(f"{text}. Received: a batch of the data set that does not") from None
            raise

    def text_of_x(self) -> str:
        what = "finite numbers" if self.support is None else f"{self.support} under {self.support.whose}"
        advice = ": fill or leave out what is missing" if self.support is None else self.support.advice
        return f"`x` must hold {what}{advice}"

    def checked(self, data: Any) -> tuple:
        """One batch of a generator or `PyDataset`, checked; keeps the first error."""
        try:
            return self.checked_batch(data)
        except ValueError as error:
            self.error = self.error or error
            raise

    def checked_batch(self, data: Any) -> tuple:
        """A batch as a tuple of its inputs, in which weights are `sample_weight`.

        Raises:
            ValueError: For targets, and for wrong values or shapes.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if y is not None and y is not x:
            how = "(x,)" if sample_weight is None else "{'x': x, 'sample_weight': w},"
            came = "(x, y)" if sample_weight is None else "(x, y, w)"
            raise ValueError(f"{ALONE}: give batches {how} without targets. Received: {came}")
        inputs = dict(x) if isinstance(x, dict) else {"x": x}
        inputs["x"] = as_observations("x", inputs.get("x"), self.row_shape, self.support, self.learnt)
        inputs |= as_message(inputs.get("prior_mu"), inputs.get("prior_cov"), len(inputs["x"]), self.latent_dim)
        sample_weight = inputs.pop("sample_weight", sample_weight)
        if sample_weight is not None:
            inputs["sample_weight"] = as_weights(sample_weight, len(inputs["x"]))
        return (inputs if isinstance(x, dict) or len(inputs) > 1 else inputs["x"],)

    def of(self, x: Any) -> Any:
        """A data set, generator or `PyDataset` whose batches are checked; anything else as it is."""
        if isinstance(x, tf.data.Dataset):
            return self.of_dataset(x)
        if isinstance(x, keras.utils.PyDataset):
            return Checked(x, self.checked)
        if isinstance(x, types.GeneratorType):
            return generated(x, self.checked)
        return x

    def of_dataset(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """A `tf.data.Dataset` that raises at the first batch with values or shapes that are not allowed.

        Raises:
            ValueError: At once for targets, for several inputs, and for a wrong shape or type.
        """
        spec = dataset.element_spec
        if isinstance(spec, dict) and "steps" in spec:  # blocks of `kvae.training.loops`
            return dataset
        parts = spec if isinstance(spec, tuple) else (spec,)
        if len(parts) > 1 and not isinstance(parts[1], tf.NoneTensorSpec):
            how = "lambda x, y, w: {'x': x, 'sample_weight': w}" if len(parts) > 2 else "lambda x, y: x"
            raise ValueError(
                f"{ALONE}: leave the targets out by dataset.map({how}). Received: a data set of {len(parts)} parts"
            )
        first = parts[0]
        first = first.get("x") if isinstance(first, dict) else first
        if not isinstance(first, tf.TensorSpec):
            if first is None or isinstance(parts[0], dict):
                return dataset  # the error is raised when a batch is unpacked
            raise ValueError(
                f"a VAE has one input: the data set must give one dense tensor x. Received: {type(first).__name__}"
            )
        self.check_spec(first)
        beside = dict(parts[0]) if isinstance(parts[0], dict) else {}
        guards.check_message_spec(beside, self.latent_dim)
        for weights in (beside.get("sample_weight"), *parts[2:]):
            if isinstance(weights, tf.TensorSpec):
                guards.check_weights_spec(weights)
        return dataset.map(self.guard, num_parallel_calls=1)

    def check_spec(self, spec: tf.TensorSpec) -> None:
        """Raise ValueError unless tensors of a data set are batches of observations."""
        if spec.shape.rank is None:
            return
        shape = tuple(spec.shape)
        rows = f"({', '.join(['batch', *map(str, self.row_shape)])})"
        if shape == self.row_shape:
            raise ValueError(
                f"the data set must give batches {rows}: add .batch(128). Received: single observations {shape}"
            )
        if not any(tf.TensorShape(shape[1:]).is_compatible_with(tail) for tail in self.tails()):
            raise ValueError(f"the data set must give batches {rows}. Received: {shape}")
        if not (spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool):
            raise ValueError(f"the data set must give real numbers. Received: {spec.dtype.name}")

    def tails(self) -> list[tuple[int, ...]]:
        """The shapes that an observation may have, as in `kvae.data.observations`."""
        short = [self.row_shape[:-1]] if self.row_shape[-1:] == (1,) else []
        return [self.row_shape, (*self.row_shape, 1), *short]

    def guard(self, *element: Any) -> Any:
        """The element of a data set, which depends on assertions about its values."""
        first = element[0]
        inputs = dict(first) if isinstance(first, dict) else {"x": first}
        inputs["x"] = x = guards.observations(inputs["x"], self.row_shape, self.support)
        inputs |= guards.message_of(inputs, self.latent_dim)
        if inputs.get("sample_weight") is not None:
            inputs["sample_weight"] = guards.weights_of(x, inputs["sample_weight"])
        first = inputs if isinstance(first, dict) else x
        if len(element) == 1:
            return first
        weights = (guards.weights_of(x, one) if one is not None else None for one in element[2:])
        return (first, element[1], *weights)


class Checked(keras.utils.PyDataset):
    """Another `PyDataset`, whose batches pass through a function."""

    def __init__(self, inner: keras.utils.PyDataset, check: Callable[[Any], tuple]) -> None:
        super().__init__(inner.workers, inner.use_multiprocessing, inner.max_queue_size)
        self.inner, self.check = inner, check

    def __getitem__(self, index: int) -> tuple:
        return self.check(self.inner[index])

    @property
    def num_batches(self) -> int | None:
        return self.inner.num_batches

    def on_epoch_begin(self) -> None:
        self.inner.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.inner.on_epoch_end()


def generated(batches: Generator, check: Callable[[Any], tuple]) -> Generator:
    """The batches of a generator, each passed through a function; Keras asks for tuples."""
    for batch in batches:
        yield check(batch)
