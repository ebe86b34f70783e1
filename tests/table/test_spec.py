"""What columns mean goes to JSON and back."""

import json

import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae.table import Column, LeftOut, TableSpec


def test_a_spec_comes_back_from_its_json():
    spec = TableSpec(mixed_columns("learn").columns, (LeftOut("note", "text", "free text"),), ("a", "b"))
    assert TableSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_model_need_not_know_texts():
    for column in mixed_columns().for_model():
        assert column.categories is None and column.form == {}


@pytest.mark.parametrize(
    "change",
    [{"n_categories": 3}, {"missing": "maybe"}, {"likelihood": {}}, {"unknown": 1}, {"name": 3}],
    ids=str,
)
def test_a_garbled_column_is_refused(change):
    values = Column("sex", "binary", {"name": "bernoulli"}, ("a", "b"), 2).to_json()
    with pytest.raises(ValueError, match=r"invalid|unknown"):
        Column.from_json(values | change)


def test_a_column_that_is_not_learnt_is_refused():
    with pytest.raises(ValueError, match=r"no learnt column is called 'age2'\. There are: age, height"):
        mixed_columns().place("age2")


def test_rows_of_the_made_table_fit_its_columns():
    assert mixed_rows(50).shape == (50, len(mixed_columns().columns))
