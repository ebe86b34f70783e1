"""A config as flat parameters, by which experiment trackers compare runs."""

import json
from typing import Any

from kvae.runs import flat


def parameters(plain: dict[str, Any]) -> dict[str, bool | int | float | str]:
    """Every dotted key of a config except those of `tracking`; lists and null as one types them."""
    leaves = {
        name: leaf for key, value in plain.items() if key != "tracking" for name, leaf in flat(value, key).items()
    }
    return {
        name: value if isinstance(value, bool | int | float) else typed(value) for name, value in leaves.items()
    }


def typed(value: Any) -> str:
    """A value as it is typed on the command line."""
    return value if isinstance(value, str) else json.dumps(value)
