"""A config as the flat list of parameters that experiment trackers compare runs by."""

import json
from typing import Any

from kvae.runs import flat


def parameters(plain: dict[str, Any]) -> dict[str, bool | int | float | str]:
    """Every key of a config but those of `tracking`, dotted; lists and null are written as one types them."""
    leaves = {
        name: leaf for key, value in plain.items() if key != "tracking" for name, leaf in flat(value, key).items()
    }
    return {
        name: value if isinstance(value, bool | int | float) else typed(value) for name, value in leaves.items()
    }


def typed(value: Any) -> str:
    """A value as it is typed on the command line."""
    return value if isinstance(value, str) else json.dumps(value)
