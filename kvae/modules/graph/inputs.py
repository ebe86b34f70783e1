"""The data of a network: each of its observations has a part of every row."""

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
    """The data of all observations of a network; they have the same number of rows, and hold out the same rows.

    Attributes:
        parts: The data of every observation, by its name.
    """

    parts: Mapping[str, Data]

    def without(self, names: Iterable[str]) -> "Inputs":
        """The same data with all rows of some observations missing, which means NaN.

        Raises:
            InputError: For a table: its VAE takes rows of missing values as known rows.
        """
        names = list(names)
        for name in names:
            if self.parts[name].spec.table is not None:
                raise InputError(
                    f"the observation {name} is a table, whose VAE fills missing values itself: a network cannot "
                    "predict it. Learn a VAE on it alone, and type mode=impute, or mode=generate with mode.where"
                )
        missing = {name: emptied(self.parts[name]) for name in names}
        return replace(self, parts={**self.parts, **missing})

    @cached_property
    def data(self) -> Data:
        """The data whose labels and row names the network has: the first observation with labels, or the first."""
        found = list(self.parts.values())
        return next((one for one in found if one.train.labels is not None), found[0])

    @property
    def has_test(self) -> bool:
        """Whether rows are held out."""
        return self.data.test is not None

    def part(self, which: str) -> Part:
        """The rows `train`, `test` or `all` of `data`.

        Raises:
            InputError: For `test` if no rows are held out.
        """
        return part_of(self.data, which)

    def x(self, which: str) -> dict[str, Any]:
        """The values of rows `train`, `test` or `all` by the name of the observation, in the models' units."""
        return {name: part_of(data, which).x for name, data in self.parts.items()}

    def of(self, name: str) -> Data:
        """The data of one observation, with the labels of the network."""
        data, own = self.parts[name], self.data
        train = replace(data.train, labels=own.train.labels)
        test = None if data.test is None or own.test is None else replace(data.test, labels=own.test.labels)
        return replace(data, train=train, test=test)


def emptied(data: Data) -> Data:
    """The same data with all values missing, which means NaN; labels and row numbers stay."""

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
    """The data of several observations, checked, as `Inputs` of one network.

    Raises:
        InputError: When they have different numbers of rows, or hold out different rows.
    """
    lengths = {
        name: len(data.train) + (0 if data.test is None else len(data.test)) for name, data in parts.items()
    }
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise InputError(f"the observations of a network must have the same number of rows. Received: {found}")
    (first, one), *others = parts.items()
    for name, other in others:
        if len(one.train) != len(other.train) or not same(one.held_out, other.held_out):
            raise InputError(
                f"network.modules.{name} holds out other rows than network.modules.{first}: both must have the "
                f"same test_fraction, split and normal_label. Received: {held_out(other)}, and {held_out(one)}"
            )
    return Inputs(parts)


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two data sets hold out the same rows; True where one of them does not say which."""
    return one is None or other is None or np.array_equal(one, other)


def held_out(data: Data) -> str:
    """The number of held-out rows as text."""
    return "none" if data.test is None else f"{len(data.test)} rows"


def check_order(module: Module, inputs: Inputs) -> None:
    """Raise InputError where a module needs rows in order, and the held-out rows are not the last."""
    which = inputs.data.held_out
    if module.in_order and which is not None and not which[len(inputs.data.train) :].all():
        raise InputError(
            f"network.modules.{module.name} reads rows in their order: the held-out rows must be the last. "
            "Received: data.split=spread. Type data.split=last, or data.test_fraction=0"
        )
