"""Learning warns, in one line, of numbers that float32 hardly tells apart."""

import logging

import numpy as np
import pytest

from kvae.data import load_data
from kvae.data.sources import file

NEAR = np.random.default_rng(0).normal(size=(60, 4))
TIMES = NEAR + np.array([0, 1.7e9, 0, 3e9])


def warned(tmp_path, caplog, x, **keys):
    caplog.set_level(logging.WARNING)
    np.save(tmp_path / "x.npy", x)
    load_data(file.Options(path=str(tmp_path / "x.npy"), **keys), 0)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("keys", [{}, {"scale": "standard"}, {"memory": 0}])
def test_columns_far_from_0_are_named_in_one_line(tmp_path, caplog, keys):
    (word,) = warned(tmp_path, caplog, TIMES, **keys)
    assert word.startswith(f"warning: data.path={tmp_path}/x.npy: column 1: float32 rounds its numbers by up to ")
    assert "subtract a number such as 16999999" in word and word.endswith("first (and the like for column 3)")


def test_whole_numbers_and_names_of_columns(tmp_path, caplog):
    (tmp_path / "t.csv").write_text("a,seconds\n" + "".join(f"{i},{1_700_000_000 + i}\n" for i in range(60)))
    caplog.set_level(logging.WARNING)
    load_data(file.Options(path=str(tmp_path / "t.csv")), 0)
    assert ": 'seconds': float32 rounds its numbers by up to" in caplog.text
    caplog.clear()
    assert len(warned(tmp_path, caplog, 1_700_000_000 + np.arange(60)[:, None])) == 1


@pytest.mark.parametrize(
    "x",
    [NEAR, NEAR + 1000, NEAR * 0 + 0.1, NEAR * 0 + 1.7e9 + 0.1, TIMES.astype(np.float32), NEAR * 1e9 + 1.7e9],
    ids=["near", "a thousand", "constant", "constant and far", "float32 already", "spread"],
)
def test_others_are_learnt_without_a_word(tmp_path, caplog, x):
    assert warned(tmp_path, caplog, x) == []


def test_images_count_as_a_whole(tmp_path, caplog):
    (word,) = warned(tmp_path, caplog, 1e8 + NEAR.reshape(60, 2, 2))
    assert ": the data: float32 rounds" in word
