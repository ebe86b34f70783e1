"""Streamed rows that are looked at as they pass, and not in a pass of their own before."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kvae.data.checks import check_numbers, check_support, check_type
from kvae.data.options import DataConfig
from kvae.data.scaling import Scaling
from kvae.data.stored import StoredRows
from kvae.data.tables import Raw
from kvae.errors import InputError
from kvae.likelihoods.support import FINITE, Support, suits


@dataclass(frozen=True)
class Look:
    """Sees every range of rows that is read: as the file has them, and as the model takes them.

    Attributes:
        say: Raises what is wrong with the data, which it may read whole. It is asked where rows do not suit.
        support: Values that are allowed in the model's units; None for all.
    """

    say: Callable[[], None]
    support: Support | None = None

    def came(self, x: np.ndarray) -> None:
        """Look at rows as the file has them.

        Raises:
            InputError: When they are no finite numbers that float32 can be.
        """
        if x.dtype.kind == "f" and not suits(x, FINITE):
            self.fail()

    def prepared(self, x: np.ndarray) -> None:
        """Look at rows as the model takes them.

        Raises:
            InputError: When they are outside the support.
        """
        if self.support is not None and not suits(x, self.support):
            self.fail()

    def fail(self) -> None:
        """Raise InputError with what is wrong."""
        self.say()
        raise InputError("the data was changed while it was read. Type the same again")


def numbers_in_passing(raw: Raw, config: DataConfig) -> Raw:
    """`raw` with streamed rows that `check_numbers` has not seen, but for their type.

    Raises:
        InputError: When they are no real numbers, or there are none.
    """
    x = raw.x
    assert isinstance(x, StoredRows)
    check_type(x, config)
    return replace(raw, x=replace(x, look=Look(lambda: check_numbers(x, config, raw.columns, raw.lines))))


def support_in_passing(x: StoredRows, support: Support | None, config: DataConfig, learnt: Scaling) -> StoredRows:
    """Rows of `numbers_in_passing`, in the model's units, of which `check_support` has seen nothing either."""
    numbers = x.look
    assert isinstance(numbers, Look)
    if support is None or (x.unit and support.holds_unit_range):
        return x

    def say() -> None:
        numbers.say()
        check_support(replace(x, look=None), support, config, learnt)

    return replace(x, look=Look(say, support))
