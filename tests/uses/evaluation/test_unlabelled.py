"""Rows without a label are no class of their own."""

from types import SimpleNamespace

import numpy as np

from kvae.data import Part
from kvae.uses.evaluation import labels as measured


def test_what_labels_measure_sees_the_rows_that_have_one(monkeypatch):
    seen = {}
    monkeypatch.setattr(measured, "probe_accuracies", lambda z, labels, learning: seen.update(locals()) or {})
    monkeypatch.setattr(measured, "mixture_classes", lambda *arguments: None)
    z = np.arange(60.0).reshape(30, 2)
    labels = np.array(["a", "b", ""] * 10)
    part = Part(z, labels)
    learnt = SimpleNamespace(vae=SimpleNamespace(encode=lambda x: (x, None)), spec=SimpleNamespace(table=None))
    chosen = SimpleNamespace(part=part, which="test", data=SimpleNamespace(train=part))
    measured.measure_labels(learnt, chosen, SimpleNamespace(rows=np.arange(30), z_mean=z), None, 0)
    there = labels != ""
    np.testing.assert_array_equal(seen["z"], z[there])
    np.testing.assert_array_equal(seen["labels"], labels[there])
    np.testing.assert_array_equal(seen["learning"][0], z[there])
    np.testing.assert_array_equal(seen["learning"][1], labels[there])


def test_nothing_is_measured_where_no_row_has_a_label():
    z = np.zeros((4, 2))
    chosen = SimpleNamespace(part=Part(z, np.array([""] * 4)), which="all")
    assert measured.measure_labels(None, chosen, SimpleNamespace(rows=np.arange(4), z_mean=z), None, 0) == {}
