"""Compiled functions of layers, kept until one of the layers changes."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import keras

# What Keras itself notes in a layer, which changes nothing of what the layer computes in inference mode.
NOTES = {"_called", "_jit_compile", "_parent_path", "_trainable"}

State = dict[tuple[int, str], Any]


class Traced:
    """Compiled functions of layers.

    A graph has the attributes that layers had when it was traced: activations, constants, which variables. Values
    of variables are read when the graph runs. Python objects are compared by identity, so that a change within a
    list or an array is not noticed.
    """

    def __init__(self) -> None:
        self.functions: dict[Any, Callable] = {}
        self.state: State = {}
        self.own: set[tuple[int, str]] = set()  # attributes that the functions set themselves when they are traced

    def check(self, layers: Iterable[keras.layers.Layer]) -> None:
        """Drop the functions if an attribute of a layer has changed."""
        state = attributes(layers)
        if changed(self.state, state) - self.own:
            self.functions, self.own = {}, set()
        self.state = state

    def ran(self, layers: Iterable[keras.layers.Layer]) -> None:
        """Note which attributes a call has set."""
        state = attributes(layers)
        self.own |= changed(self.state, state)
        self.state = state


def attributes(layers: Iterable[keras.layers.Layer]) -> State:
    """The attributes of layers, by the identity of the layer and the attribute's name."""
    found: State = {}
    for layer in layers:
        found[id(layer), ""] = layer  # which stays in memory, so that no other one gets its identity
        found |= {(id(layer), name): value for name, value in vars(layer).items() if counts(layer, name)}
    return found


def counts(layer: keras.layers.Layer, name: str) -> bool:
    """Whether an attribute may change what a layer computes."""
    return name not in NOTES and not isinstance(getattr(type(layer), name, None), functools.cached_property)


def changed(before: State, after: State) -> set[tuple[int, str]]:
    """Attributes that are not the same objects in both, or only in one."""
    absent = object()
    return {key for key in before.keys() | after.keys() if before.get(key, absent) is not after.get(key, absent)}
