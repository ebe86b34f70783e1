import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvae.modules.message import Gaussian
from kvae.uses.compression import messages as stored


def some(n, d, kind, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    mean, cov = scale * rng.normal(size=(n, d)), None
    if kind == "variances":
        cov = np.exp(rng.normal(size=(n, d)))
    if kind == "covariances":
        half = rng.normal(size=(n, d, d))
        cov = half @ half.transpose(0, 2, 1) + 0.1 * np.eye(d)
    return Gaussian(mean, cov)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20),
    st.integers(1, 4),
    st.sampled_from(["means", "variances", "covariances"]),
    st.sampled_from([0.0, 1.0, 1e5, 1e12]),
    st.integers(0, 99),
)
def test_what_is_packed_comes_back(n, d, kind, scale, seed):
    rounded = stored.rounded(some(n, d, kind, seed, scale))
    again = stored.unpack(stored.pack(rounded), n, d)
    assert np.array_equal(again.mean, rounded.mean)
    assert (again.sd is None) == (kind == "means")
    assert again.sd is None or np.array_equal(again.sd, rounded.sd)


@pytest.mark.parametrize("kind", ["means", "variances", "covariances"])
def test_rounding_is_an_eighth_of_a_standard_deviation_at_most(kind):
    messages = some(500, 3, kind)
    sd = np.ones((500, 3))
    if kind == "variances":
        sd = np.sqrt(messages.cov)
    if kind == "covariances":
        sd = np.sqrt(np.diagonal(messages.cov, axis1=1, axis2=2))
    mean, index = stored.rounded(messages).in_steps(np.array([3, 5, 8]))
    step = 2.0 ** -np.array([3, 5, 8])
    assert (np.abs(mean * step - messages.mean) <= 0.13 * sd).all()
    assert np.exp2(index / 16) * step == pytest.approx(sd, rel=0.022)  # half of a 16th of an octave


def test_messages_of_few_kinds_take_little():
    """Ten means that return, as hard assignments to a mixture send them."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(10, 40))[rng.integers(0, 10, 2000)]
    assert len(stored.pack(stored.rounded(Gaussian(means)))) < 2000 * 40 / 20


def test_messages_that_are_none_are_refused():
    for mean, cov, words in (
        (np.array([[np.nan]]), None, "finite means and variances > 0"),
        (np.zeros((1, 1)), np.array([[0.0]]), "finite means and variances > 0"),
        (np.zeros((1, 2)), np.ones((1, 3)), r"means \(1, 2\), covariances \(1, 3\)"),
        (np.zeros(3), None, r"Received: means \(3,\)"),
    ):
        with pytest.raises(ValueError, match=words):
            stored.rounded(Gaussian(mean, cov))


def test_every_flipped_bit_is_refused_or_says_other_messages():
    packed = stored.pack(stored.rounded(some(30, 2, "variances")))
    for place in range(8 * len(packed)):
        flipped = bytearray(packed)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert stored.unpack(bytes(flipped), 30, 2).mean.shape == (30, 2)
        except ValueError as error:
            assert "messages of a chunk are damaged" in str(error)


def test_messages_that_are_cut_off_or_go_on_are_refused():
    packed = stored.pack(stored.rounded(some(30, 2, "variances")))
    for other in (packed[:-1], packed[:-9], packed + b"\0", b""):
        with pytest.raises(ValueError, match="messages of a chunk are damaged"):
            stored.unpack(other, 30, 2)
