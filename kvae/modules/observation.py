"""Data at the bottom of a network."""

from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.observations import as_numbers
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.modules.module import Module


class Observation(Module):
    """Data, at the bottom of a model; its forward message is the data itself, `(n, ...)`, in memory or stored.

    With `gaps` NaN stands for a value that is missing, as a model of a table's columns takes it.

    Raises:
        InputError: For data that is no array of numbers with rows, or is not finite.
    """

    def __init__(
        self, data: Any, name: str = "obs", folder: str | Path | None = None, *, gaps: bool = False
    ) -> None:
        super().__init__(name, folder=folder)
        if isinstance(data, StoredRows):  # checked where it was opened
            self.set_forward_msg(data)
            return
        try:
            array = as_numbers("Observation(data)", data)[0]
        except ValueError as error:
            raise InputError(str(error).replace("`", "")) from error
        if array.ndim < 2 or len(array) == 0:
            raise InputError(
                "Observation(data) needs numbers with a row per observation, shape (n, ...). "
                f"Received: shape {array.shape}, {array.dtype}"
            )
        bad = np.isinf(array) if gaps else ~np.isfinite(array)
        if np.any(bad):
            row, what = (
                int(np.argmax(bad.reshape(len(array), -1).any(axis=1))),
                "infinity" if gaps else "NaN or infinity",
            )
            raise InputError(f"Observation(data) must be finite. Received: {what} in row {row}")
        self.set_forward_msg(array)

    def update(self) -> None:
        """Nothing to learn."""
