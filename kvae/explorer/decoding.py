"""The decoder of a VAE as a program for the page: from a code to the mean of p(x|z)."""

import math
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from kvae.exact.graph import functional
from kvae.explorer.forms import MANY_CATEGORIES
from kvae.explorer.program import Program, program_of
from kvae.explorer.translation import UntranslatedError
from kvae.likelihoods.columns.categories import OfCategories
from kvae.likelihoods.columns.large_categorical import LargeCategorical
from kvae.likelihoods.table import Table
from kvae.plots.text import plain
from kvae.table import Column

# The most weights in a page: 4 MB, and a third more as text.
MANY_WEIGHTS = 1_000_000


@dataclass(frozen=True)
class Probabilities:
    """The position of a column's category probabilities in a program's results: `n` values from index `at`."""

    output: int
    at: int
    n: int


def decoding_of(vae: Any) -> tuple[Program, dict[int, Probabilities]]:
    """The program that computes the mean of p(x|z), `data_shape`, from a code `(latent_dim,)`.

    For a table, further results are the probabilities of categories; the dictionary gives their positions by
    column index.

    Raises:
        UntranslatedError: For a decoder that the page cannot compute; the text continues `the decoder`.
    """
    decoder = functional(vae.decoder)
    if vae.likelihood.given:
        names = ", ".join(plain(name) for name in vae.likelihood.condition)
        raise UntranslatedError(f"takes columns of the row besides a code: {names}")
    if isinstance(vae.likelihood, Table) and (large := large_column(vae.likelihood)) is not None:
        many = f"{large.n_categories:,} categories of the column {plain(large.name)}"
        raise UntranslatedError(f"chooses among the {many}, too many for a page")
    if decoder is None:
        raise UntranslatedError("is no functional model, keras.Model(inputs, outputs)")
    n_weights = sum(math.prod(weight.shape) for weight in decoder.weights)
    if n_weights > MANY_WEIGHTS:
        raise UntranslatedError(f"has {n_weights:,} weights, and a page holds {MANY_WEIGHTS:,} at most")
    try:
        outputs, where = results_of(vae.likelihood, decoder.outputs[0])
    except UntranslatedError:
        raise
    except Exception as error:  # a likelihood that uses other functions than `keras.ops`
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        kind = type(vae.likelihood).__name__
        raise UntranslatedError(f"ends in the likelihood {kind}, whose mean has no graph ({reason})") from error
    return program_of(keras.Function(decoder.inputs, outputs, name="decoding")), where


def large_column(likelihood: Table) -> Column | None:
    """The first column whose categories are too many for a page, or that has a likelihood for very many."""
    for group in likelihood.groups:
        for column in group.likelihood.columns:
            if isinstance(group.likelihood, LargeCategorical) or (column.n_categories or 0) > MANY_CATEGORIES:
                return column
    return None


def results_of(likelihood: Any, params: Any) -> tuple[list[Any], dict[int, Probabilities]]:
    """Symbolic tensors of the mean and of category probabilities, and the positions of the latter by column."""
    outputs, where = [likelihood.mean(params)], {}
    for group in likelihood.groups if isinstance(likelihood, Table) else []:
        if not isinstance(group.likelihood, OfCategories):
            continue
        log_p = group.likelihood.log_probabilities(*likelihood.of_group(group, params))  # (batch, n_columns, K)
        for own, place in enumerate(group.places):
            n = likelihood.columns[place].n_categories
            where[place] = Probabilities(len(outputs), own * log_p.shape[-1], n)
        outputs.append(ops.exp(log_p))
    return outputs, where
