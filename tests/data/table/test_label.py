"""The column that `data.label_column` names, by name and by number."""

import polars as pl
import pytest

from kvae.data.table import infer_columns
from kvae.data.table.label import label_place


@pytest.mark.parametrize(
    ("label", "place"),
    [("kind", 1), (2, 1), ("row", None), (0, None), ("none", None), (9, None), (None, None), ("7", 2), (7, 2)],
)
def test_where_the_label_is(label, place):
    """The ids, column 0, are not learnt; a column whose name is a number is meant by it."""
    frame = pl.DataFrame(
        {
            "row": [f"r{i}" for i in range(60)],
            "x": [0.5, 1.5, 2.25] * 20,
            "kind": list("ab") * 30,
            "7": [0.5, 1] * 30,
        }
    )
    spec = infer_columns(frame, "kind")
    assert spec.names == ("x", "kind", "7")
    assert label_place(spec, label) == place
