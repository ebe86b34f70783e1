"""Data as a module, at the bottom of a network."""

from pathlib import Path
from typing import Any

from kvae.data.observations import as_numbers
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.modules.gaps import first_bad
from kvae.modules.module import Module


class Observation(Module):
    """Data at the bottom of a network; its forward message is the data itself, `(n, ...)`, in memory or stored.

    A row of NaN is a missing row, such as a modality that was not measured. With `gaps` any NaN is a missing
    value, which a model of a table's columns accepts.

    Raises:
        InputError: For data that is not an array of numbers with a row per observation, or that holds infinity, or
            NaN where it is not allowed.
    """

    def __init__(
        self, data: Any, name: str = "obs", folder: str | Path | None = None, *, gaps: bool = False
    ) -> None:
        super().__init__(name, folder=folder)
        if isinstance(data, StoredRows):  # checked when the files were opened
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
        bad = first_bad(array, gaps=True, cells=gaps)
        if bad is not None:
            row, what = bad
            raise InputError(f"Observation(data) must be finite. Received: {what} in row {row}")
        self.set_forward_msg(array)

    def update(self) -> None:
        """Nothing to learn."""
