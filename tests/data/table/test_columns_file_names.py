"""Whatever columns and categories are called, what is written of them is read back."""

import pytest

from kvae.data.table.columns_file import read_columns_file, write_columns_file
from kvae.table import Column, LeftOut, TableSpec

NAMES = [
    "age",
    "a: b",
    "- x",
    "#",
    "true",
    "null",
    "1",
    "~",
    "it's",
    "new\nline",
    "größe=1",
    "a.b",
    "[z]",
    "{q}",
    '"q"',
    "%x",
    "@y",
    "`",
    "a #b",
    "x:",
    "? y",
    "*a",
    "&b",
    "!c",
    "|",
    ">",
    "-",
    "=",
    "tab\there",
    "\0",
    "\u2028",
    "\x85",
    "😀",
    " lead",
    "trail ",
    "0x1f",
    "1e3",
    "2020-01-01",
    "no",
    "<<",
    "a,b",
    "\\",
    "\\n",
    "''",
    "…",
    "x" * 300,
    "\ufeff",
    "名前",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_and_category_is_read_back(name, tmp_path):
    categories, left_out = (name, f"{name} 2", "no 3"), f"{name} 3"
    column = Column(name, "categorical", {"name": "categorical"}, categories, 3, form={"format": f"%d {name}"})
    spec = TableSpec((column,), (LeftOut(left_out, "constant", f"it is always {name}"),), (name, left_out))
    notes = {name: f"such as {name}: kind", left_out: f"such as {name}"}
    write_columns_file(tmp_path / "columns.yaml", spec, f"{name}.csv", notes=notes)
    said = read_columns_file(tmp_path / "columns.yaml")
    assert list(said) == [name, left_out] and said[left_out].leave_out
    assert (said[name].categories, said[name].format, said[name].kind) == (categories, f"%d {name}", "categorical")
