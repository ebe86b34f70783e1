"""The description of a run in its record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class About:
    """The name, outputs folder and config of a run.

    Attributes:
        name: The run's name, which runs to be compared have in common.
        outputs: The folder of all run folders.
        keys: Every key of the config, as nested dictionaries.
    """

    name: str
    outputs: Path
    keys: dict[str, Any]
