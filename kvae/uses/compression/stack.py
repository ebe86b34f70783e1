"""The stack of an asymmetric numeral system (Duda 2013): symbols are popped in the reverse order of pushing.

Pushing encodes symbols and popping decodes them. Popping symbols that were never pushed draws them, and pushing
them again restores the stack. Bits-back coding needs no more, as long as the stack holds enough to pop.
"""

import functools
import importlib
from typing import Any

import numpy as np

from kvae.uses.compression.known_code import check_code

# The masses of every model are whole numbers of at least 1 that sum to 2^PRECISION.
PRECISION = 24
TOTAL = 1 << PRECISION
WORD_BITS = 32
# Words of the head, which may be partly filled.
HEAD = 2


def constriction() -> Any:
    """The package of entropy coders, imported when it is needed.

    Raises:
        ModuleNotFoundError: Where it is not installed; says how to install it.
        InputError: Where its version gives another code.
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
    """The `n` words that a stack begins with, from the bottom, uint32; the top words are the same for any `n`."""
    return splitmix(n)[::-1].copy()


def splitmix(n: int, first: int = 0) -> np.ndarray:
    """Words of a fixed generator, uint32 `(n,)`, from number `first` on, which is below 2^63.

    The high halves of the output of splitmix64 with a state of 0 (Steele, Lea and Flood 2014, "Fast splittable
    pseudorandom number generators", figure 17). Implemented here, since archives depend on these words.
    """
    state = np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)


@functools.lru_cache(8)
def pad(n: int) -> np.ndarray:
    """Words with which `Stack.scramble` combines the stack, `(n,)`, from the bottom."""
    return splitmix(n, first=2**62)


def in_order(params: Any) -> Any:
    """Parameters in C order: `constriction` reads arrays in this order, whatever their strides."""
    return np.ascontiguousarray(params) if isinstance(params, np.ndarray) else params


class Stack:
    """A stack of symbols, whose state is an array of words.

    Args:
        n_start: Number of words from `start_words` that it begins with.
        words: The result of `words()` of another stack, to begin with instead.

    Raises:
        ValueError: For words that no stack has.
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
        """Pop int32 symbols `(n,)`, in the order given to `push`; for a single model, `params` is their number."""
        return self._coder.decode(model, *map(in_order, params))

    def clone(self) -> "Stack":
        """Another stack with the same content."""
        other = object.__new__(Stack)
        other._coder = self._coder.clone()
        return other

    def scramble(self) -> None:
        """Combine the words below the head with those of a fixed generator by XOR; a second call restores them.

        Codes popped from the stack are then draws from their posteriors, whatever was pushed before. Without that,
        they are so only if the model's distribution is that of the data (Townsend, Bird and Barber 2019, section
        2.5.2): models that are not fully trained take up to 3 % more bits than their negative ELBO.
        """
        words = self.words()
        n = max(0, len(words) - HEAD)
        words[:n] ^= pad(-(-n // 4096) * 4096)[:n]
        self._coder = type(self._coder)(words)

    def become(self, other: "Stack") -> None:
        """Take the content of another stack, which must not be used any more."""
        self._coder = other._coder

    @property
    def n_bits(self) -> int:
        """Bits that can be popped before the stack runs dry: those below its head, which is never empty."""
        return self._coder.pos()[0] * WORD_BITS

    @property
    def ran_dry(self) -> bool:
        """Whether the words below the head are used up, so that popped symbols may not be valid draws.

        The head holds 32 to 64 bits, and takes a word from below when it has less. Once there is none, popped
        symbols are no longer draws. Since popping never adds a word, one check after popping is enough.
        """
        return self._coder.pos()[0] < 1

    def words(self) -> np.ndarray:
        """The whole content, uint32, from the bottom; the last word is not 0."""
        return self._coder.get_compressed()

    def is_start(self, n_start: int) -> bool:
        """Whether exactly the `n_start` start words are left."""
        if self._coder.num_words() != n_start + 1:  # with the word that seals them
            return False
        words = self.words()
        return bool(words[-1] == 1 and np.array_equal(words[:-1], start_words(n_start)))
