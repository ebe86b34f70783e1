"""Passes through a model's networks in training or in inference mode, as Keras's own `fit` and `predict` do."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras


class OutermostCall(keras.layers.Layer):
    """The layer around all that a step calls.

    Keras hands `training` down from the layer that is called first to all those within it, and keeps the losses
    that layers add from that call on. A step of a VAE calls two networks, and a subclass's own methods may call
    others, or say nothing of `training`: this layer stands around them.
    """

    def __init__(self) -> None:
        super().__init__(name="step", dtype="float32")
        self.built = True

    def call(self, function: Callable[[], Any], training: bool | None = None) -> Any:
        try:
            return function()
        except Exception as error:
            error._keras_call_info_injected = True  # type: ignore[attr-defined]  # else Keras adds our arguments
            raise


def in_mode(function: Callable[..., Any], training: bool) -> Callable[..., Any]:
    """`function`, with every layer that it calls told whether it trains."""

    @functools.wraps(function)  # `tf.function` asks for the names of arguments
    def called(*args: Any, **kwargs: Any) -> Any:
        return OutermostCall()(function=functools.partial(function, *args, **kwargs), training=training)

    return called


def with_training(method: Callable[..., Any], training: bool | None) -> Callable[..., Any]:
    """`method` with `training`, if it takes it: a subclass's own need not."""
    parameters = inspect.signature(method).parameters.values()
    takes = any(it.name == "training" or it.kind is inspect.Parameter.VAR_KEYWORD for it in parameters)
    return functools.partial(method, training=training) if takes else method


def training_keyword(training: bool | None) -> dict[str, bool]:
    """`training` as keywords of a layer: Keras takes a None for inference, whatever was told further out."""
    return {} if training is None else {"training": training}
