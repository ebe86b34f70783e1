"""A run that travels as bytes opens where its folder is not, and does the same."""

import pickle
import shutil

import numpy as np
import polars as pl
import pytest
from cluster import close, gaps_in, table_run, table_there

import kvae
from kvae.uses import carried
from kvae.uses.carried import CarriedRun, Encode, Impute, Score

pytest.importorskip("pyarrow", reason="the extra [spark] is not installed")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return kvae.open_run(table_run(tmp_path_factory.mktemp("carried")))


@pytest.fixture
def there(run, monkeypatch):
    """The run as it comes out of its bytes in a process that has not seen it."""
    packed = pickle.dumps(CarriedRun.of(run))
    monkeypatch.setattr(carried, "OPEN", {})
    return pickle.loads(packed)


def test_it_opens_where_its_folder_is_not(run, there, tmp_path):
    x = table_there()
    opened = there.open()
    assert opened.folder != run.folder and there.open() is opened
    np.testing.assert_array_equal(opened.encode(x)[0], run.encode(x)[0])
    shutil.rmtree(opened.folder)
    np.testing.assert_array_equal(there.open().encode(x)[0], run.encode(x)[0])


def test_codes_and_scores_stand_beside_the_rows(run, there):
    frame = table_there()
    table = frame.to_arrow()
    encoded, scored = (pl.from_arrow(task(table)) for task in (Encode(there), Score(there)))
    assert encoded.columns == [*frame.columns, "z0", "z1"] and scored.columns == [*frame.columns, "score"]
    assert encoded.select(frame.columns).equals(frame)
    z = run.encode(frame)[0]
    assert close(encoded["z0"], z[:, 0]) and close(encoded["z1"], z[:, 1])
    assert close(scored["score"], run.score(frame))


def test_only_gaps_of_learnt_columns_are_filled(there):
    frame = table_there()
    filled = pl.from_arrow(Impute(there, "sample")(frame.to_arrow()))
    assert set(gaps_in(frame)) == {"height", "income", "big"} and set(gaps_in(filled)) == {"big"}
    assert filled.schema == frame.schema
    for name in frame.columns:
        known = frame[name].is_not_null()
        assert filled[name].filter(known).equals(frame[name].filter(known)), name


@pytest.mark.slow
def test_draws_are_those_of_the_rows_and_the_seed(there):
    table = table_there().to_arrow()

    def incomes(part, seed=0):
        return pl.from_arrow(Impute(there, "sample", seed)(part))["income"].to_list()

    assert incomes(table) == incomes(table)
    assert incomes(table) != incomes(table, seed=1)
    one = table.slice(0, 1).set_column(3, "income", [[None]]).cast(table.schema)
    twice = [incomes(part)[0] for part in (one, one.set_column(1, table.schema.field(1), [[33]]))]
    assert twice[0] != twice[1]


def test_parts_without_rows_keep_their_columns(there):
    table = table_there().to_arrow()
    for task in (Encode(there), Score(there), Impute(there)):
        part = task(table.slice(0, 0))
        assert part.num_rows == 0 and part.schema == task(table.slice(0, 2)).schema


@pytest.mark.parametrize("taken", ["z1", "score"])
def test_columns_are_not_doubled(run, taken):
    frame = table_there().with_columns(pl.lit(0.0).alias(taken))
    task = (Encode if taken == "z1" else Score)(CarriedRun.of(run))
    with pytest.raises(ValueError, match=rf"must have no column '{taken}', which the task appends: rename"):
        task.check(frame.columns)


def test_columns_that_are_missing_are_said(run):
    with pytest.raises(ValueError, match=r"lacks .*income"):
        Encode(CarriedRun.of(run)).check(table_there().drop("income").columns)


def test_models_that_fill_nothing_are_said_before_anything_runs(run, monkeypatch):
    task, names = Impute(CarriedRun.of(run)), table_there().columns
    task.check(names)
    monkeypatch.setattr(run.model.likelihood, "given", (4,))
    monkeypatch.setattr(run.model.likelihood, "condition", ("sex",))
    with pytest.raises(ValueError, match=r"conditional on sex: learn one without model\.condition"):
        task.check(names)
