"""Which rows of a table are compared with which."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae.data import Part
from kvae.errors import InputError
from kvae.modes import evaluate_table, opening
from kvae.uses import new_rows

X = mixed_rows(60)


def chosen(which):
    part = SimpleNamespace(x=X[:20] if which == "test" else X)
    return SimpleNamespace(which=which, part=part, data=SimpleNamespace(train=Part(X[20:])))


def rows(monkeypatch, which, same):
    monkeypatch.setattr(opening, "is_learnt_data", lambda config, folder: same)
    return evaluate_table.rows_to_compare(None, SimpleNamespace(folder=None, plain={}), chosen(which))


def test_held_out_rows_are_compared_with_learning_rows(monkeypatch):
    found = rows(monkeypatch, "test", True)
    np.testing.assert_array_equal(found.real, X[:20])
    np.testing.assert_array_equal(found.learning, X[20:])
    assert found.known is not None


def test_learning_rows_are_compared_with_generated_ones_alone(monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        found = rows(monkeypatch, "all", True)
    assert found.learning is None and len(found.known) == 40 and len(found.real) == 60
    assert "privacy and usefulness are not measured: they need held-out rows, not all rows" in caplog.text


def test_rows_of_another_file_are_compared_with_what_was_learnt(monkeypatch, caplog):
    monkeypatch.setattr(new_rows, "rows_that_were_learnt", lambda learnt: X[:30])
    found = rows(monkeypatch, "all", False)
    np.testing.assert_array_equal(found.learning, X[:30])

    def gone(learnt):
        raise InputError("data.path=x.csv: there is no such file")

    monkeypatch.setattr(new_rows, "rows_that_were_learnt", gone)
    with caplog.at_level(logging.WARNING):
        found = rows(monkeypatch, "all", False)
    assert found.known is None and found.learning is None
    assert "nothing is compared with the rows that were learnt: data.path=x.csv: there is no" in caplog.text


def test_many_rows_are_spread_evenly(monkeypatch):
    monkeypatch.setattr(evaluate_table, "MOST_ROWS", 10)
    some = evaluate_table.some_of(X)
    np.testing.assert_array_equal(some[[0, -1]], X[[0, -1]])
    assert len(some) == 10


@pytest.mark.parametrize(
    ("label", "why"), [(None, "data.label_column is not set"), ("note", "the label 'note' was not learnt")]
)
def test_without_a_learnt_label_it_is_said_why_nothing_is_named(label, why, caplog):
    config = SimpleNamespace(data=SimpleNamespace(label_column=label), run=SimpleNamespace(seed=0))
    with caplog.at_level(logging.INFO):
        assert evaluate_table.measure_use(config, mixed_columns(), X, X, X) == {}
    assert f"tstr and trtr are not measured: {why}" in caplog.text


def test_a_mixture_of_codes_needs_the_rows_that_were_learnt():
    config = SimpleNamespace(mode=SimpleNamespace(sampler="gmm"), run=SimpleNamespace(seed=0))
    learnt = SimpleNamespace(spec=SimpleNamespace(table=mixed_columns()), network=SimpleNamespace(senders=()))
    with pytest.raises(InputError, match=r"mode.sampler=gmm needs the rows that were learnt, which can no"):
        evaluate_table.generate(config, learnt, 5, None)
