"""The stack of an asymmetric numeral system (Duda 2013): what is pushed comes off in reverse order, to the bit.

Popping from a stack is decoding; popping symbols that were never pushed draws them, and pushing them again gives
the stack back as it was. That is all that bits-back coding needs, as long as there is something to pop.
"""

import functools
import importlib
from typing import Any

import numpy as np

from kvae.uses.compression.known_code import check_code

# Of the masses of all models on the stack: they are whole, at least 1, and sum to 2^PRECISION.
PRECISION = 24
TOTAL = 1 << PRECISION
WORD_BITS = 32
# Words of the head, which may be less than full.
HEAD = 2


def constriction() -> Any:
    """The package of entropy coders, imported when it is needed.

    Raises:
        ModuleNotFoundError: Where it is not installed, with what to type.
        InputError: Where it is a version that codes otherwise.
    """
    try:
        package = importlib.import_module("constriction")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "compression needs the package `constriction`: type pip install 'kvae-experiments[compress]'"
        ) from error
    check_code(package)
    return package


def start_words(n: int) -> np.ndarray:
    """What lies on a stack before anything else: `n` words, from the bottom, uint32; those on top for any `n`."""
    return splitmix(n)[::-1].copy()


def splitmix(n: int, first: int = 0) -> np.ndarray:
    """Words of a fixed generator, uint32 `(n,)`, which never gives the same words from another `first` below 2^63.

    The high halves of what splitmix64 gives from a state of 0 on (Steele, Lea and Flood 2014, "Fast splittable
    pseudorandom number generators", figure 17). Written out, as they must stay the same for ever.
    """
    state = np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)


@functools.lru_cache(8)
def pad(n: int) -> np.ndarray:
    """Words that `Stack.scramble` adds, `(n,)`, from the bottom."""
    return splitmix(n, first=2**62)


def in_order(params: Any) -> Any:
    """Parameters with their rows one after the other, as `constriction` reads them whatever order they lie in."""
    return np.ascontiguousarray(params) if isinstance(params, np.ndarray) else params


class Stack:
    """A stack of symbols that remembers nothing but its words.

    Args:
        n_start: Words of `start_words` that lie on it.
        words: What `words` gave of another stack, in place of them.

    Raises:
        ValueError: For words that no stack gives.
    """

    def __init__(self, n_start: int = 0, words: np.ndarray | None = None):
        coder = constriction().stream.stack.AnsCoder
        if words is None:
            self._coder = coder(start_words(n_start), seal=True)
            return
        words = np.ascontiguousarray(words, np.uint32)
        if len(words) < 1 or words[-1] == 0:
            raise ValueError("the words of a chunk end in one that is not 0. Received: other words")
        self._coder = coder(words)

    def push(self, symbols: np.ndarray, model: Any, *params: np.ndarray) -> None:
        """Push int32 symbols `(n,)`, the last one first, under one model or under a family with its parameters."""
        self._coder.encode_reverse(np.ascontiguousarray(symbols), model, *map(in_order, params))

    def pop(self, model: Any, *params: Any) -> np.ndarray:
        """Pop int32 symbols `(n,)` in the order that `push` was given them; of one model, `params` is how many."""
        return self._coder.decode(model, *map(in_order, params))

    def clone(self) -> "Stack":
        """Another stack with the same content."""
        other = object.__new__(Stack)
        other._coder = self._coder.clone()
        return other

    def scramble(self) -> None:
        """Exchange the words below the head for others, and those for the first ones when it is called again.

        A word is added to one of a fixed generator without carrying. Codes that are drawn from what lies on the
        stack are then draws from their posteriors whatever model pushed it. Otherwise they are so only as far as
        the data are what the model holds them for (Townsend, Bird and Barber 2019, section 2.5.2): models that are
        not learnt to the end code at up to 3 % more than they promise.
        """
        words = self.words()
        n = max(0, len(words) - HEAD)
        words[:n] ^= pad(-(-n // 4096) * 4096)[:n]
        self._coder = type(self._coder)(words)

    def become(self, other: "Stack") -> None:
        """Take the content of another, which is not used any more."""
        self._coder = other._coder

    @property
    def n_bits(self) -> int:
        """How much can be popped before the stack runs dry: the bits below its head, which is never empty."""
        return self._coder.pos()[0] * WORD_BITS

    @property
    def ran_dry(self) -> bool:
        """Whether something was popped that the head alone had to give.

        The head holds 32 to 64 bits, and takes a word from below when it has less. Once there is none, symbols
        that are popped are no draws any more. As popping never adds a word, one look afterwards is enough.
        """
        return self._coder.pos()[0] < 1

    def words(self) -> np.ndarray:
        """The whole content, uint32, from the bottom; it does not end in 0."""
        return self._coder.get_compressed()

    def is_start(self, n_start: int) -> bool:
        """Whether nothing but the first `n_start` words of the generator is left."""
        if self._coder.num_words() != n_start + 1:  # with the word that seals them
            return False
        words = self.words()
        return bool(words[-1] == 1 and np.array_equal(words[:-1], start_words(n_start)))
