"""The data of a network: a part of every row for each of its observations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from kvae.data import Data, Part
from kvae.errors import InputError
from kvae.modules.module import Module


@dataclass(frozen=True)
class Inputs:
    """The data of every observation, by its name; they have as many rows, and the same are held out.

    Attributes:
        parts: Data of each.
    """

    parts: Mapping[str, Data]

    def without(self, names: Iterable[str]) -> "Inputs":
        """The same with rows of NaN for some observations: as if nobody knew them.

        Raises:
            InputError: For a table, whose rows without any value are rows of gaps to its model.
        """
        names = list(names)
        for name in names:
            if self.parts[name].spec.table is not None:
                raise InputError(
                    f"the observation {name} is a table, whose gaps its VAE fills by itself: a network does not "
                    "take it as missing. Learn a VAE on it alone, and type mode=impute or mode=generate mode.where"
                )
        gone = {name: emptied(self.parts[name]) for name in names}
        return replace(self, parts={**self.parts, **gone})

    @cached_property
    def data(self) -> Data:
        """The rows of the network as its modules know them: those of the first observation that has labels."""
        found = list(self.parts.values())
        return next((one for one in found if one.train.labels is not None), found[0])

    @property
    def has_test(self) -> bool:
        """Whether rows are held out."""
        return self.data.test is not None

    def part(self, which: str) -> Part:
        """The rows `train`, `test` or `all` of the network, as `data` has them.

        Raises:
            InputError: For `test` where none are held out.
        """
        return part_of(self.data, which)

    def x(self, which: str) -> dict[str, Any]:
        """The values of rows `train`, `test` or `all` by observation, in the models' units."""
        return {name: part_of(data, which).x for name, data in self.parts.items()}

    def of(self, name: str) -> Data:
        """The data of one observation, with the labels of the network."""
        data, own = self.parts[name], self.data
        train = replace(data.train, labels=own.train.labels)
        test = None if data.test is None or own.test is None else replace(data.test, labels=own.test.labels)
        return replace(data, train=train, test=test)


def emptied(data: Data) -> Data:
    """Data that has nothing but labels and numbers of its rows."""

    def empty(part: Part) -> Part:
        there = np.zeros(len(part), bool)
        return replace(part, x=np.full(part.x.shape, np.nan, np.float32), there=there)

    return replace(data, train=empty(data.train), test=None if data.test is None else empty(data.test))


def part_of(data: Data, which: str) -> Part:
    """The rows `train`, `test` or `all` of data."""
    if which == "all":
        return data.everything
    part = data.train if which == "train" else data.test
    if part is None:
        raise InputError("mode.split=test: nothing is held out (data.test_fraction=0). Type mode.split=all")
    return part


def together(parts: Mapping[str, Data]) -> Inputs:
    """Data of several observations as that of one network.

    Raises:
        InputError: When they have not as many rows, or hold out others.
    """
    lengths = {
        name: len(data.train) + (0 if data.test is None else len(data.test)) for name, data in parts.items()
    }
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise InputError(f"the observations of a network must have as many rows as each other. Received: {found}")
    (first, one), *others = parts.items()
    for name, other in others:
        if len(one.train) != len(other.train) or not same(one.held_out, other.held_out):
            raise InputError(
                f"network.modules.{name} holds out other rows than network.modules.{first}: both must have one "
                f"test_fraction, split and normal_label. Received: {held_out(other)}, and {held_out(one)}"
            )
    return Inputs(parts)


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two data sets hold out the same rows, as far as both say which."""
    return one is None or other is None or np.array_equal(one, other)


def held_out(data: Data) -> str:
    """How many rows are held out, in words."""
    return "none" if data.test is None else f"{len(data.test)} rows"


def check_order(module: Module, inputs: Inputs) -> None:
    """Raise InputError where a module reads rows in their order, and those held out are not the last."""
    which = inputs.data.held_out
    if module.in_order and which is not None and not which[len(inputs.data.train) :].all():
        raise InputError(
            f"network.modules.{module.name} reads rows in their order: those held out must be the last. "
            "Received: data.split=spread. Type data.split=last, or data.test_fraction=0"
        )
