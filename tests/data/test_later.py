"""Later rows that a run clips, or that are in other units, are named in a line; ordinary ones never are."""

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.data import InputSpec, Scaling, later
from kvae.data.later import what_is_odd
from kvae.modes.opening import choose_rows, open_learnt
from kvae.uses import open_run

KEYS = ["data=file", "data.scale=minmax", "model=tiny"]

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (20, 6, 6, 1)).astype(float)
MEAN, SD = np.array([0.0, 50, 3, 20_000]), np.array([1, 100, 0.01, 5000])
ROWS = RNG.normal(size=(50, 4)) * SD + MEAN
OF_IMAGES = {
    "divisor": Scaling("divisor", 0.0, 255.0),
    "minmax": Scaling("minmax", 0.0, 255.0),
    "standard": Scaling("standard", 120.0, 75.0),
}
STANDARD = InputSpec((4,), Scaling("standard", MEAN, SD), "none", ("a", "b", "c", "d"))
MINMAX = InputSpec((4,), Scaling("minmax", ROWS.min(0), np.ptp(ROWS, 0)), "none", ("a", "b", "c", "d"))


def of_images(kind):
    return InputSpec((6, 6, 1), OF_IMAGES[kind], "none")


@pytest.mark.parametrize("kind", OF_IMAGES)
def test_images_in_0_to_1_for_bytes(kind):
    word = what_is_odd(IMAGES / 255, of_images(kind), "`x`")
    assert word.startswith("`x`: all values are from 0 to 1, with fractions, and those of the run were ")
    assert word.endswith("If `x` is in other units, convert it to those of the learnt run")


@pytest.mark.parametrize("kind", OF_IMAGES)
@pytest.mark.parametrize("name", ["the same", "black", "nearly black", "grey", "white", "one", "binary", "none"])
def test_ordinary_images_are_taken_without_a_word(kind, name):
    rows = {
        "the same": IMAGES,
        "black": IMAGES * 0,
        "nearly black": IMAGES % 2,
        "grey": IMAGES * 0 + 0.5,
        "white": IMAGES * 0 + 255,
        "one": IMAGES[:1],
        "binary": (IMAGES > 100).astype(np.uint8),
        "none": IMAGES[:0],
    }[name]
    assert what_is_odd(rows, of_images(kind), "`x`") is None


def test_negatives_of_a_range_are_clipped_and_in_other_units():
    word = what_is_odd(-IMAGES - 1, of_images("minmax"), "`x`")
    assert word.startswith(
        "`x`: 720 of 720 values are outside the learnt range and are clipped to it (learnt 0 to 255"
    )
    assert "these are more than half of all values. If `x` is in other units" in word


def test_an_outlier_is_counted_but_no_matter_of_units():
    rows = ROWS.copy()
    rows[3, 0] = 1e9
    word = what_is_odd(rows, MINMAX, "data.path=x.csv")
    assert word.startswith(
        "data.path=x.csv: 1 of 200 values are outside the learnt range and are clipped to it: 'a' 1"
    )
    assert word.endswith("received 1e+09 to 1e+09)")
    assert what_is_odd(rows, STANDARD, "x") is None
    assert what_is_odd(ROWS.astype(np.float32), MINMAX, "x") is None


@pytest.mark.parametrize("column, factor", [(3, 1e-3), (3, 1e3), (0, 1e3), (2, 100), (2, 0.01)])
def test_a_column_in_other_units_is_named(column, factor):
    rows = ROWS.copy()
    rows[:, column] *= factor
    word = what_is_odd(rows, STANDARD, "`x`")
    assert f"values of {'abcd'[column]!r} are from " in word and "and the run learnt a mean of " in word


@pytest.mark.parametrize("rows", [ROWS, ROWS * 0, ROWS * 0 + 0.1, ROWS[:1], ROWS + 5 * SD, MEAN + ROWS * 0])
def test_ordinary_rows_are_taken_without_a_word(rows):
    assert what_is_odd(rows, STANDARD, "`x`") is None


def test_columns_of_long_tails_are_ordinary():
    learnt = np.exp(RNG.normal(size=(5000, 3)) * 3)
    spec = InputSpec((3,), Scaling("standard", learnt.mean(0), learnt.std(0)), "none")
    for _ in range(200):
        assert what_is_odd(np.exp(RNG.normal(size=(10, 3)) * 3), spec, "`x`") is None


def test_what_is_known_to_be_in_0_to_1():
    spec = InputSpec((6, 6, 1), Scaling(), "none")
    assert "are up to 255, and the run learnt values from 0 to 1" in what_is_odd(IMAGES, spec, "`x`", in_unit=True)
    assert what_is_odd(IMAGES / 255, spec, "`x`", in_unit=True) is None
    assert what_is_odd(IMAGES, spec, "`x`") is None


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run that learnt images of bytes, scaled to their own range."""
    folder = tmp_path_factory.mktemp("learnt")
    np.save(folder / "x.npy", IMAGES.astype(np.uint8))
    save_run(folder / "run", *KEYS, f"data.path={folder}/x.npy", "model.likelihood=gaussian")
    return folder


def words(caplog):
    return [one.getMessage() for one in caplog.records if "warning: " in one.getMessage()]


@pytest.mark.parametrize(
    "factor, word", [(1 / 255, "all values are from 0 to 1"), (-1, "are clipped to it"), (1, "")]
)
def test_modes_and_runs_say_it_once(learnt, tmp_path, caplog, factor, word):
    rows = np.clip(IMAGES, IMAGES[:16].min(), IMAGES[:16].max()) * factor
    np.save(tmp_path / "new.npy", rows)
    config = compose(*KEYS, f"data.path={tmp_path}/new.npy", "mode=detect", f"mode.run={learnt}/run")
    opened, run = open_learnt(config), open_run(learnt / "run")
    calls = [
        lambda: choose_rows(config, opened),
        lambda: run.encode(rows),
        lambda: run.score(rows),
        lambda: run.encode(tmp_path / "new.npy"),
    ]
    for call in calls:
        caplog.clear()
        call()
        assert len(words(caplog)) == (1 if word else 0) and all(word in one for one in words(caplog))
    assert choose_rows(config, opened).data.train.own is None


def test_rows_in_pieces_are_counted_as_a_whole(monkeypatch):
    rows = ROWS.copy()
    rows[[3, 40], 0] = [99, -99]
    rows[10, 3] = np.nan
    whole = what_is_odd(rows, MINMAX, "`x`")
    assert "2 of 196 values are outside" in whole and "received -99 to 99" in whole
    monkeypatch.setattr(later, "AT_ONCE", 28)
    assert what_is_odd(rows, MINMAX, "`x`") == whole
