"""Run a model's networks in training or in inference mode, as Keras's own `fit` and `predict` do."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras


class OutermostCall(keras.layers.Layer):
    """The layer within which a step calls all others.

    Keras passes `training` from the outermost layer to all layers that it calls, and collects the losses that
    those layers add. A step of a VAE calls two networks, and methods of a subclass may call others without passing
    `training`. This layer is the outermost one for all of them.
    """

    def __init__(self) -> None:
        super().__init__(name="step", dtype="float32")
        self.built = True

    def call(self, function: Callable[[], Any], training: bool | None = None) -> Any:
        try:
            return function()
        except Exception as error:
            # Otherwise Keras appends the arguments of this layer to the message.
            error._keras_call_info_injected = True  # type: ignore[attr-defined]
            raise


def in_mode(function: Callable[..., Any], training: bool) -> Callable[..., Any]:
    """`function`, such that all layers that it calls run with `training`."""

    @functools.wraps(function)  # `tf.function` reads the names of the arguments
    def called(*args: Any, **kwargs: Any) -> Any:
        return OutermostCall()(function=functools.partial(function, *args, **kwargs), training=training)

    return called


def with_training(method: Callable[..., Any], training: bool | None) -> Callable[..., Any]:
    """`method` with `training` bound, if it has such a parameter: methods of a subclass need not have it."""
    parameters = inspect.signature(method).parameters.values()
    takes = any(it.name == "training" or it.kind is inspect.Parameter.VAR_KEYWORD for it in parameters)
    return functools.partial(method, training=training) if takes else method


def training_keyword(training: bool | None) -> dict[str, bool]:
    """`training` as keyword arguments of a layer; none for None.

    An explicit None would mean inference to Keras, and override the value that an outer layer passes on.
    """
    return {} if training is None else {"training": training}
