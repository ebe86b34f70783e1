"""Streamed rows that are checked when they are read, without a pass over the data for checks alone."""

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
    """Checks every range of rows that is read: as the file has them, and as the model takes them.

    Attributes:
        say: Called when rows fail a check. It checks the whole data again and raises InputError with the details.
        support: Values that are allowed in the model's units; None for all.
    """

    say: Callable[[], None]
    support: Support | None = None

    def came(self, x: np.ndarray) -> None:
        """Check rows as the file has them.

        Raises:
            InputError: When they are not finite, or larger than float32 can hold.
        """
        if x.dtype.kind == "f" and not suits(x, FINITE):
            self.fail()

    def prepared(self, x: np.ndarray) -> None:
        """Check rows as the model takes them.

        Raises:
            InputError: When they are outside the support.
        """
        if self.support is not None and not suits(x, self.support):
            self.fail()

    def fail(self) -> None:
        """Raise InputError with what is wrong."""
        self.say()
        raise InputError("the data was changed while it was read. Run the same command again")


def numbers_in_passing(raw: Raw, config: DataConfig) -> Raw:
    """`raw` with streamed rows whose numbers are checked when they are read; their type is checked now.

    Raises:
        InputError: When their type is not one of real numbers, or there are no rows.
    """
    x = raw.x
    assert isinstance(x, StoredRows)
    check_type(x, config)
    return replace(raw, x=replace(x, look=Look(lambda: check_numbers(x, config, raw.columns, raw.lines))))


def support_in_passing(x: StoredRows, support: Support | None, config: DataConfig, learnt: Scaling) -> StoredRows:
    """Rows of `numbers_in_passing`, in the model's units, whose support is checked when they are read, too."""
    numbers = x.look
    assert isinstance(numbers, Look)
    if support is None or (x.unit and support.holds_unit_range):
        return x

    def say() -> None:
        numbers.say()
        check_support(replace(x, look=None), support, config, learnt)

    return replace(x, look=Look(say, support))
