"""Which rows a shard has."""

import numpy as np
import pytest

from kvae.data import Part
from kvae.errors import InputError
from kvae.modes.shards import check_shard, shard_of
from kvae.modules import Gaussian


@pytest.mark.parametrize(("n", "of"), [(10, 3), (7, 7), (1797, 4), (5, 1)])
def test_shards_are_all_rows_once_in_order_and_of_one_size(n, of):
    x = np.arange(n)[:, None]
    parts = [shard_of(i, of, n).rows_of(Part(x, x[:, 0])) for i in range(of)]
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), x)
    np.testing.assert_array_equal(np.concatenate([part.labels for part in parts]), x[:, 0])
    assert {len(part) for part in parts} <= {n // of, n // of + 1}


def test_without_a_shard_there_are_all_rows_and_the_model_s_own_noise():
    shard = shard_of(None, None, 5)
    assert (shard.start, shard.stop, shard.seed(3)) == (0, 5, 3)


def test_messages_are_those_of_the_rows_and_noise_is_the_shard_s_own():
    mean, cov = np.arange(10.0).reshape(5, 2), np.arange(10.0).reshape(5, 2) + 1
    first, second = (shard_of(i, 2, 5) for i in range(2))
    np.testing.assert_array_equal(second.messages_of(Gaussian(mean, cov)).mean, mean[2:])
    np.testing.assert_array_equal(second.messages_of(Gaussian(mean, cov)).cov, cov[2:])
    assert first.messages_of(None) is None
    assert len({first.seed(0), second.seed(0), first.seed(1), 0}) == 4


@pytest.mark.parametrize(
    ("shard", "n_shards", "message"),
    [
        (4, 4, "mode.shard must be below mode.n_shards=4, counted from 0. Received: 4"),
        (0, None, "mode.n_shards is missing. Type both"),
        (None, 4, "mode.shard is missing. Type both"),
    ],
)
def test_shards_that_make_no_sense(shard, n_shards, message):
    with pytest.raises(InputError, match=message):
        check_shard(shard, n_shards)


def test_more_shards_than_rows():
    with pytest.raises(InputError, match=r"mode.n_shards must be at most the number of rows, 3. Received: 4"):
        shard_of(0, 4, 3)
