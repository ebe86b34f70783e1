"""What to type for columns, so that names pass unchanged through the shell and Hydra."""

import re
from collections.abc import Sequence

PLAIN = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
# Words that Hydra's grammar does not read as text.
OTHER = {"true", "false", "null", "nan", "inf"}
MOST = 20


def typed_columns(names: Sequence[str] | None, chosen: Sequence[int]) -> str | None:
    """`data.columns=[...]` for the columns at the positions `chosen`; None when there are none or too many.

    Columns are given by name where all names are plain, else by number. Where a name of the table is itself a
    number, quoted names are given.
    """
    if not chosen or len(chosen) > MOST:
        return None
    if names is not None and all(is_plain(names[i]) for i in chosen):
        return f"data.columns=[{','.join(names[i] for i in chosen)}]"
    if names is None or not any(name.isdigit() for name in names):
        return f"data.columns=[{','.join(map(str, chosen))}]"
    if any("'" in names[i] or '"' in names[i] or "\\" in names[i] or "$" in names[i] for i in chosen):
        return None
    quoted = ",".join(f'"{names[i]}"' for i in chosen)
    return f"'data.columns=[{quoted}]'"


def typed_column(key: str, names: Sequence[str] | None, place: int) -> str:
    """`key=NAME` for one column, or its number where the name is not plain."""
    if names is not None and is_plain(names[place]):
        return f"{key}={names[place]}"
    if names is None or str(place) not in names:
        return f"{key}={place}"
    return f"{key}={names[place]}"


def is_plain(name: str) -> bool:
    """Whether a name can be typed without quotes."""
    return PLAIN.fullmatch(name) is not None and name.lower() not in OTHER
