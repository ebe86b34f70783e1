"""Looking at rows as they pass."""

import numpy as np
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.data.looking import Look, support_in_passing
from kvae.data.pieces import pieces
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.likelihoods.support import Support, suits

SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.5, 1.0, 1.0 + 5e-7, 1.0001, -1e-5, 1e39, 3e38, 7.0, 2.5]


class Shifted(Support):
    """A support that says otherwise what is outside."""

    def outside(self, values):
        return values != 0.5


@pytest.mark.parametrize(
    "support", [Support(), Support(0.0, 1.0), Support(0.0, np.inf), Support(0.0, 10.0, step=0.5), Shifted(0, 1)]
)
@pytest.mark.parametrize("value", SPECIAL)
def test_the_quick_way_finds_what_a_support_says(support, value):
    values = np.full((3, 4), 0.5)
    values[2, 1] = value
    assert suits(values, support) == (not support.outside(values).any())
    assert suits(values[:0], support)


def test_a_value_in_any_block_is_found(monkeypatch):
    monkeypatch.setattr("kvae.likelihoods.support.CHUNK_VALUES", 5)
    for place in range(23):
        values = np.zeros(23)
        assert suits(values, Support(0.0, 1.0))
        values[place] = 2.0
        assert not suits(values, Support(0.0, 1.0))


def data_of(tmp_path, x, *keys, in_passing=True):
    np.save(tmp_path / "x.npy", x)
    path = f"data.path={tmp_path / 'x.npy'}"
    config = compose("data=file", path, "data.memory=0", "data.test_fraction=0", *keys)
    return load_data(config.data, 0, in_passing=in_passing), config.data


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e39])
def test_what_is_wrong_is_said_of_the_whole_file_when_a_row_is_read(tmp_path, bad):
    x = np.random.default_rng(0).random((50, 3))
    x[[41, 45], 2] = bad
    with pytest.raises(InputError) as expected:
        data_of(tmp_path, x, in_passing=False)
    data, _ = data_of(tmp_path, x)
    np.testing.assert_array_equal(data.train.x[:41], x[:41].astype(np.float32))
    for read in (lambda: data.train.x[40:42], lambda: data.train.x[np.array([3, 41])], lambda: data.train.x[41:]):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == str(expected.value)


def test_numbers_are_looked_at_before_they_are_scaled(tmp_path):
    x = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    data, _ = data_of(tmp_path, x, "data.scale=minmax")
    x[3, 1] = np.inf  # of which scaling to [0, 1] makes 1
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(InputError, match=r"must hold finite numbers. Received: inf in row 3, column 1"):
        data.train.x[:4]


def test_what_is_wrong_with_the_numbers_comes_before_what_is_outside_the_support(tmp_path):
    x = np.random.default_rng(0).random((50, 3))
    x[7, 1], x[49, 0] = 2.0, np.nan
    data, config = data_of(tmp_path, x)
    rows = support_in_passing(data.train.x, Support(0.0, 1.0, name="bernoulli"), config, data.spec.scaling)
    with pytest.raises(InputError, match=r"must hold finite numbers. Received: nan in row 49, column 0"):
        list(pieces(rows))
    x[49, 0] = 0.0
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(
        InputError, match=r"needs data within \[0, 1\] after its own scaling .* 2 in row 7, column 1"
    ):
        rows[6:8]
    np.testing.assert_array_equal(rows[8:], x[8:].astype(np.float32))


def test_types_and_empty_files_are_said_at_once(tmp_path):
    with pytest.raises(InputError, match=r"must hold real numbers. Received: an array of type complex64"):
        data_of(tmp_path, np.zeros((4, 3), np.complex64))
    with pytest.raises(InputError, match="holds no data"):
        data_of(tmp_path, np.zeros((0, 3)))


def test_rows_in_memory_are_looked_at_at_once(tmp_path):
    with pytest.raises(InputError, match="must hold finite numbers"):
        data_of(tmp_path, np.full((4, 3), np.nan), "data.memory=1")


def test_a_file_that_is_mended_while_it_is_read_is_no_data(tmp_path):
    look = Look(lambda: None)
    with pytest.raises(InputError, match=r"the data was changed while it was read. Run the same command again"):
        look.came(np.array([np.nan]))
    data, _ = data_of(tmp_path, np.ones((3, 2)))
    assert isinstance(data.train.x, StoredRows) and data.train.x.look is not None
