"""Compiled functions of layers, kept until one of the layers changes."""

import functools
import operator
import threading
from collections.abc import Callable, Hashable, Iterable
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
        self.is_new = False  # whether a function was added, and its attributes not noted yet
        self.drawing = threading.RLock()  # held by the thread that draws: see `kvae.vae.drawing`

    def check(self, layers: Iterable[keras.layers.Layer]) -> None:
        """Drop the functions if an attribute of a layer has changed."""
        state = attributes(layers)
        if same(self.state, state):  # as in most calls: the comparison by names is slower
            return
        if changed(self.state, state) - self.own:
            self.functions, self.own = {}, set()
        self.state = state

    def ran(self, layers: Iterable[keras.layers.Layer]) -> None:
        """Note which attributes the first call of a function has set."""
        if not self.is_new:
            return
        self.is_new = False
        state = attributes(layers)
        self.own |= changed(self.state, state)
        self.state = state


def attributes(layers: Iterable[keras.layers.Layer]) -> State:
    """The attributes of layers, by the identity of the layer and the attribute's name."""
    found: State = {}
    for layer in layers:
        found[id(layer), ""] = layer  # which stays in memory, so that no other one gets its identity
        kind: Any = type(layer)
        found |= {(id(layer), name): value for name, value in vars(layer).items() if counts(kind, name)}
    return found


@functools.cache
def counts(kind: Hashable, name: str) -> bool:
    """Whether an attribute may change what layers of the class `kind` compute."""
    return name not in NOTES and not isinstance(getattr(kind, name, None), functools.cached_property)


def same(before: State, after: State) -> bool:
    """Whether the attributes are the same objects in both, in the same order."""
    return len(before) == len(after) and all(map(operator.is_, before.values(), after.values()))


def changed(before: State, after: State) -> set[tuple[int, str]]:
    """Attributes that are not the same objects in both, or only in one."""
    absent = object()
    return {key for key in before.keys() | after.keys() if before.get(key, absent) is not after.get(key, absent)}
