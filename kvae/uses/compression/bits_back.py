"""Bits-back coding of rows (Townsend, Bird and Barber 2019, "Practical lossless compression").

To code a row x, its code z is popped from the stack under the posterior, which draws z; x is pushed under p(x|z),
and z under its prior. To decode it, z is popped, then x, and z is pushed under the posterior of x, which restores
the bits that were popped. A row thus costs the bits pushed less the bits popped, on average its negative ELBO.

Rows are coded in batches: all codes are popped, then all values pushed, then all codes pushed. A batch has as many
rows as the stack has bits for. The first has one, for which words of a fixed generator lie on the stack.

`kvae.VAE` has one layer of codes; several would use the order of Bit-Swap (Kingma, Abbeel and Ho 2019).
"""

import zlib

import numpy as np

from kvae.modules.message import Gaussian
from kvae.uses.compression import messages as stored
from kvae.uses.compression.coded_rows import MOST_START, CodedRows, as_exponents, as_levels, check_counts, damaged
from kvae.uses.compression.coding_model import CodingModel, on_grid
from kvae.uses.compression.gaussians import Gaussians, entropies, pop_gaussians, push_gaussians
from kvae.uses.compression.stack import WORD_BITS, Stack
from kvae.uses.compression.values import ValueCoder

# The bits that codes take are estimated from entropies. A batch is chosen to take at most this share of the stack,
# less these bits.
SHARE_COUNTED_ON, BITS_KEPT = 0.95, 32


class RanDryError(Exception):
    """The stack holds too little for the next row's code."""


def encode_rows(
    model: CodingModel, precision: tuple[int, ...], levels: np.ndarray, messages: Gaussian | None = None
) -> tuple[CodedRows, np.ndarray]:
    """Code a chunk of rows; return it and the net bits of each row, `(n,)`.

    A row's net bits are those of its values and of its code under the prior, less those of its code under the
    posterior. The start words, the messages and the sizes of batches come on top.

    Args:
        model: The model that codes.
        precision: The result of `CodingModel.precision`.
        levels: `(n, *data_shape)`, each value an index into `likelihood.values()`.
        messages: The prior of every row; None for N(0, I). Of covariances only the diagonal is used: the prior for
            coding is the product of the marginals.

    Raises:
        ValueError: For levels outside of the likelihood's values, or another shape.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    exponents = as_exponents(model, precision)
    levels = as_levels(model, levels)
    n, n_values = len(levels), None
    if model.n_values is None:
        n_values = max(2, int(levels.max(initial=0)) + 1)
    coder = model.coder(n_values)
    packed = None
    if messages is not None:
        if np.shape(messages.mean) != (n, model.latent_dim):
            raise ValueError(
                f"messages must have means of shape {(n, model.latent_dim)}. Received: {np.shape(messages.mean)}"
            )
        packed = stored.pack(stored.rounded(messages))
    priors = priors_of(model, exponents, packed, n)
    posteriors = joined([model.posterior(levels[rows], exponents) for rows in model.parts(n)], model.latent_dim)
    n_start = words_for(posteriors.rows(slice(0, 1))) if n else 0
    while True:
        stack = Stack(n_start)
        try:
            batches, bits = encode_all(model, coder, exponents, stack, levels, posteriors, priors)
            break
        except RanDryError:
            n_start *= 2  # consecutive rows may pop more than they push
            if n_start > MOST_START:
                raise ValueError(
                    "the codes of consecutive rows pop more bits than the rows push, and a chunk may begin with "
                    f"at most {MOST_START:,} words: compress fewer rows per chunk"
                ) from None
    check = zlib.crc32(levels.astype("<i4").tobytes())
    words = stack.words() if n else np.empty(0, np.uint32)
    return CodedRows(n, words, n_start, tuple(batches), n_values, packed, check), bits


def decode_rows(model: CodingModel, precision: tuple[int, ...], coded: CodedRows) -> np.ndarray:
    """The levels that `encode_rows` coded, int32, `(n, *data_shape)`.

    Raises:
        ValueError: When the start words or the checksum are wrong after decoding: the code is damaged, or was made
            with another model.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    exponents = as_exponents(model, precision)
    check_counts(model, coded)
    levels = np.empty((0, *model.data_shape), np.int32)
    if coded.n:
        coder = model.coder(coded.n_values)
        priors = priors_of(model, exponents, coded.messages, coded.n)
        stack = Stack(words=coded.words)
        parts, stop = [], coded.n
        for size in reversed(coded.batches):
            batch = slice(stop - size, stop)
            parts.append(decode_batch(model, coder, exponents, stack, priors.rows(batch)))
            stop -= size
        if not stack.is_start(coded.n_start):
            raise ValueError(damaged("decoding does not end at its start words"))
        levels = np.concatenate(parts[::-1])
    if zlib.crc32(levels.astype("<i4").tobytes()) != coded.check:
        raise ValueError(damaged("the decoded levels do not match their checksum"))
    return levels


def encode_all(
    model: CodingModel,
    coder: ValueCoder,
    exponents: np.ndarray,
    stack: Stack,
    levels: np.ndarray,
    posteriors: Gaussians,
    priors: Gaussians,
) -> tuple[list[int], np.ndarray]:
    """Code all rows on a stack; return the sizes of the batches, and the net bits of each row, `(n,)`.

    Raises:
        RanDryError: Where the stack does not hold enough for a row.
    """
    needs = np.cumsum(entropies(posteriors).sum(axis=-1))
    batches, bits, start = [], np.zeros(len(levels)), 0
    while start < len(levels):
        size, points, given = draw_some(stack, posteriors, needs, start, model.rows_at_once)
        batch = slice(start, start + size)
        bits[batch] = coder.encode(stack, levels[batch], model.params(points, exponents)) - given
        bits[batch] += push_gaussians(stack, priors.rows(batch), points, True).sum(axis=-1)
        batches.append(size)
        start += size
    return batches, bits


def draw_some(
    stack: Stack, posteriors: Gaussians, needs: np.ndarray, start: int, most: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Pop the codes of as many rows from `start` on as the stack probably holds, at most `most`.

    Where the stack turns out to have run dry, it is reset, and fewer rows are tried.

    Returns:
        The number of rows, their codes `(size, latent_dim)`, and the bits popped for each, `(size,)`.

    Raises:
        RanDryError: Where the stack does not hold enough for one row.
    """
    before = needs[start - 1] if start else 0.0
    counted_on = before + max(0.0, stack.n_bits * SHARE_COUNTED_ON - BITS_KEPT)
    size = int(np.clip(np.searchsorted(needs, counted_on) - start, 1, min(most, len(needs) - start)))
    stack.scramble()
    while True:
        saved = stack.clone()
        points, bits = pop_gaussians(stack, posteriors.rows(slice(start, start + size)), False)
        if not stack.ran_dry:
            return size, points, bits.sum(axis=-1)
        if size == 1:
            raise RanDryError
        stack.become(saved)
        size = size * 3 // 4


def decode_batch(
    model: CodingModel, coder: ValueCoder, exponents: np.ndarray, stack: Stack, priors: Gaussians
) -> np.ndarray:
    """Pop the rows of a batch off a stack, push their codes back, and return their levels.

    Raises:
        ValueError: Where the code is damaged.
    """
    points, _ = pop_gaussians(stack, priors, True)
    levels = coder.decode(stack, model.params(points, exponents))
    if stack.ran_dry:
        raise ValueError(damaged("it ends before its last row"))
    posteriors = model.posterior(levels, exponents)
    try:
        push_gaussians(stack, posteriors, points, False)
    except ValueError as error:
        raise ValueError(damaged(str(error))) from error
    stack.scramble()
    return levels


def priors_of(model: CodingModel, exponents: np.ndarray, packed: bytes | None, n: int) -> Gaussians:
    """Priors of all rows on the grid of codes, `(n, latent_dim)`, from packed messages; None: N(0, I)."""
    if packed is not None:
        return on_grid(*stored.unpack(packed, n, model.latent_dim).in_steps(exponents), exponents)
    one = stored.Rounded(np.zeros((1, model.latent_dim), np.int64), None)
    alike = on_grid(*one.in_steps(exponents), exponents)
    return Gaussians(*(np.broadcast_to(it, (n, model.latent_dim)) for it in alike.parts()))


def joined(parts: list[Gaussians], latent_dim: int) -> Gaussians:
    """Concatenate Gaussians of consecutive rows."""
    if not parts:
        return Gaussians(*(np.zeros((0, latent_dim), kind) for kind in (np.int16, np.int64, np.int64)))
    return Gaussians(*(np.concatenate(arrays) for arrays in zip(*(it.parts() for it in parts), strict=True)))


def words_for(posterior: Gaussians) -> int:
    """One more than the number of words that popping a first code takes from the stack."""
    n_words = 4 * int(np.ceil(entropies(posterior).sum() / WORD_BITS)) + 8
    while True:
        stack = Stack(n_words)
        pop_gaussians(stack, posterior, False)
        if not stack.ran_dry:
            return n_words - stack.n_bits // WORD_BITS + 1
        n_words *= 2
