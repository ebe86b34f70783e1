"""Several devices: a global batch in parts, one per replica, with the result of one device.

A strategy of `tf.distribute` keeps a copy of the weights on every device. Every step hands each replica its
part of the batch and of the noise; sums over the batch are taken over all replicas, so that the loss is that
of the whole batch and not a mean of means, and the optimizer adds up the gradients.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from kvae.errors import InputError

Tensor = Any


@dataclass(frozen=True)
class Part:
    """A share of a batch: number `index` of `count` nearly equal parts."""

    index: int = 0
    count: int = 1

    def of(self, values: Tensor, axis: int = 0) -> Tensor:
        """The share of `values` along `axis`."""
        if self.count == 1 or values is None:
            return values
        n = values.shape[axis]
        rows = slice(n * self.index // self.count, n * (self.index + 1) // self.count)
        return values[(slice(None),) * axis + (rows,)]


WHOLE = Part()


@dataclass(frozen=True)
class Batch:
    """A batch that is taken in parts.

    Attributes:
        part: Gives inputs and `sample_weight` of a part.
        size: Observations in the whole batch.
    """

    part: Callable[[Part], tuple[Any, Tensor | None]]
    size: int


def batch(inputs: Any, sample_weight: Tensor | None) -> Batch:
    """Tensors, or a dictionary of tensors, and their weights as a batch."""

    def part(which: Part) -> tuple[Any, Tensor | None]:
        return tf.nest.map_structure(which.of, (inputs, sample_weight))

    return Batch(part, tf.nest.flatten(inputs)[0].shape[0])


def check_rows(strategy: tf.distribute.Strategy, whole: Batch) -> None:
    """Refuse a batch that leaves a device without rows, if layers take means over the rows of a device.

    Raises:
        InputError: For fewer observations than devices.
    """
    n = strategy.num_replicas_in_sync
    if whole.size < n:
        raise InputError(
            f"a batch of {whole.size} leaves some of {n} devices without rows, of which layers such as batch "
            f"normalization cannot learn: choose a batch size that leaves at least {n} for the last batch"
        )


def check_losses(layers: list[Any]) -> None:
    """Refuse layers that add losses beside one that synchronizes: Keras mixes the losses of all devices up then.

    Raises:
        InputError: When there are both.
    """
    if any(getattr(layer, "synchronized", False) for layer in layers) and any(layer._losses for layer in layers):
        raise InputError(
            "on several devices layers cannot synchronize and add losses from their activities at once: leave out "
            "synchronized=True, or activity_regularizer and add_loss"
        )


def run(strategy: tf.distribute.Strategy, function: Callable[..., None], take: Callable[[Part], tuple]) -> None:
    """Call `function(*take(part))` on every replica of this process, each with its part."""

    def arguments(context: Any) -> tuple:
        return take(Part(context.replica_id_in_sync_group, context.num_replicas_in_sync))

    strategy.run(function, args=strategy.experimental_distribute_values_from_function(arguments))


def total(value: Tensor) -> Tensor:
    """The sum of `value` over all replicas; its gradient is that of this replica's share.

    The optimizer adds the replicas' gradients up, which then make the gradient of the whole.
    """
    context = tf.distribute.get_replica_context()
    if context is None:  # the loss outside of a step
        return value
    everywhere = context.all_reduce(tf.distribute.ReduceOp.SUM, value)
    return value + tf.stop_gradient(everywhere - value)


def mean(value: Tensor) -> Tensor:
    """The mean of `value` over all replicas; its gradient is that of this replica's share, as of `total`."""
    context = tf.distribute.get_replica_context()
    return value if context is None else total(value / context.num_replicas_in_sync)


def clips(optimizer: Any) -> bool:
    """Whether an optimizer clips gradients."""
    return any((optimizer.clipnorm, optimizer.global_clipnorm, optimizer.clipvalue))


def clipped(optimizer: Any, gradients: list[Tensor]) -> list[Tensor]:
    """Each replica's share of the whole batch's clipped gradient.

    Keras clips a replica's gradient before it adds them up, which is not the clipped sum.
    """
    context = tf.distribute.get_replica_context()
    known = [gradient for gradient in gradients if gradient is not None]
    summed = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, known))
    whole = optimizer._clip_gradients([None if gradient is None else next(summed) for gradient in gradients])
    return [None if gradient is None else gradient / context.num_replicas_in_sync for gradient in whole]
