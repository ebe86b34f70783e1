"""Tables of other programs, which pandas reads: how to convert them."""

from pathlib import Path

# Functions of pandas by the ending of a file.
READERS = {
    ".xlsx": "read_excel",
    ".xls": "read_excel",
    ".ods": "read_excel",
    ".json": "read_json",
    ".feather": "read_feather",
    ".arrow": "read_feather",
    ".orc": "read_orc",
    ".dta": "read_stata",
    ".sav": "read_spss",
    ".sas7bdat": "read_sas",
    ".gz": "read_csv",
    ".bz2": "read_csv",
    ".xz": "read_csv",
    ".zip": "read_csv",
}


def how_to_convert(path: str, ending: str) -> str:
    """What to type in Python to convert a file, as the end of a message; empty for an unknown ending."""
    if ending not in READERS:
        return ""
    new = f"{Path(path).stem.removesuffix('.csv')}.csv"
    return f". Convert it, for example with pandas.{READERS[ending]}({path!r}).to_csv({new!r}, index=False)"
