import numpy as np
import pytest

import kvae
from kvae.likelihoods.lookup import class_of
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses.compression import known_code
from kvae.uses.compression.bits_back import decode_rows, encode_rows
from kvae.uses.compression.coding_model import CodingModel
from kvae.uses.compression.known_code import check_code
from kvae.uses.compression.stack import Stack, start_words

needs = "needs the extra [compress]"
constriction = pytest.importorskip("constriction", reason=needs)
EVEN = constriction.stream.model.Uniform(256)


def splitmix64(n):
    """The reference algorithm, in Python's own whole numbers."""
    state, mask, words = 0, 2**64 - 1, []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        words.append((z ^ (z >> 31)) >> 32)
    return words


def test_start_words_are_splitmix64_from_the_top():
    assert start_words(100).tolist() == splitmix64(100)[::-1]
    assert start_words(1).tolist() == [0xE220A839]  # its first output from seed 0 is E220A8397B1DCDAF


@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
def test_what_is_popped_and_pushed_again_gives_the_start_back(n):
    stack = Stack(n)
    assert stack.is_start(n)
    symbols = stack.pop(EVEN, 4 * n)
    assert n == 0 or not stack.is_start(n)
    stack.push(symbols, EVEN)
    assert stack.is_start(n)
    assert not stack.is_start(n + 1)


def test_trailing_zeros_among_what_is_pushed_come_back():
    stack = Stack(2)
    symbols = np.zeros(4000, np.int32)
    stack.push(symbols, EVEN)
    other = Stack(words=stack.words())
    assert (other.pop(EVEN, 4000) == 0).all()
    assert other.is_start(2)


def test_a_stack_tells_that_it_ran_dry():
    """Ten words and a seal, of which bytes are popped: a word is below the head until nine are needed."""
    dry = []
    for n_popped in range(60):
        stack = Stack(10)
        stack.pop(EVEN, n_popped)
        dry.append(stack.ran_dry)
    # The head has 33 to 64 bits and takes a word when it has 32 or less: the ninth when 33 + 8 * 32 bits are gone.
    assert dry.index(True) == 33 and all(dry[33:])


def test_a_clone_keeps_what_the_stack_loses():
    stack = Stack(5)
    other = stack.clone()
    stack.pop(EVEN, 10)
    assert other.is_start(5) and not stack.is_start(5)
    stack.become(other)
    assert stack.is_start(5)


@pytest.mark.parametrize("words", [[], [0], [3, 0]])
def test_words_that_no_stack_gives_are_refused(words):
    with pytest.raises(ValueError, match="end in one that is not 0"):
        Stack(words=np.array(words, np.uint32))


def test_without_the_package_one_sentence_says_what_to_type(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "constriction", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'kvae-experiments\[compress\]'"):
        Stack(1)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5000])
def test_scrambling_twice_gives_the_words_back(n):
    stack = Stack(n)
    before = stack.words()
    stack.scramble()
    after = stack.words()
    assert (before[-2:] == after[-2:]).all() and (before[:-2] != after[:-2]).all()
    stack.scramble()
    assert stack.is_start(n)
    assert n < 5000 or np.unpackbits((before ^ after).view(np.uint8)).mean() == pytest.approx(0.5, abs=0.005)


def test_parameters_mean_the_same_in_whatever_order_they_lie():
    """`constriction` reads those of Fortran's order as others, or refuses them."""
    family = constriction.stream.model.Categorical(perfect=False)
    weights, symbols = np.arange(1.0, 13.0).reshape(4, 3), np.array([2, 0, 1, 2], np.int32)
    found = []
    for order in "CF":
        stack = Stack(20)
        stack.push(symbols, family, np.asarray(weights, order=order))
        found.append(stack.words().tolist())
        assert np.array_equal(stack.pop(family, np.asarray(weights, order=order)), symbols)
    assert found[0] == found[1]


def test_a_table_of_one_column_comes_back():
    likelihood = class_of("categorical")(n_levels=5)
    decoder = mlp_decoder(likelihood.param_shape((1,)), 2, 6, weight_stddev=30.0)
    model = CodingModel(kvae.VAE(mlp_encoder((1,), 2, 6), decoder, likelihood=likelihood))
    levels = np.random.default_rng(0).integers(0, 5, (40, 1)).astype(np.int32)
    precision = model.precision(levels)
    coded, bits = encode_rows(model, precision, levels)
    assert np.array_equal(decode_rows(model, precision, coded), levels)
    assert abs(32 * (len(coded.words) - coded.n_start) - bits.sum()) < 70


def test_a_package_that_codes_otherwise_is_refused(monkeypatch):
    check_code(constriction)
    check_code.cache_clear()
    monkeypatch.setattr(known_code, "N", 301)
    with pytest.raises(ValueError, match=r"type pip install 'constriction==0.5.0'. Received: constriction \d"):
        Stack(3)
    check_code.cache_clear()
