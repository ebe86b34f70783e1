"""Names of metrics that were measured in single rounds: `accuracy_round1`."""

import re

ROUND = re.compile(r"(?P<name>.+)_round(?P<round>[0-9]{1,9})")


def round_metric(name: str) -> tuple[str, int] | None:
    """The metric and the round of a name such as `accuracy_round1`; None for other names."""
    parts = ROUND.fullmatch(name)
    return None if parts is None else (parts["name"], int(parts["round"]))
