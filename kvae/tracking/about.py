"""What a record says of a run besides how it goes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class About:
    """A run as its command describes it.

    Attributes:
        name: The run's name, which those that are compared share.
        outputs: The folder of all run folders.
        keys: Every key of the config, as nested dictionaries.
    """

    name: str
    outputs: Path
    keys: dict[str, Any]
