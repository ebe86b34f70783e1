"""From a VAE's decoder to what a page computes of a code: the mean of p(x|z)."""

import math
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from kvae.exact.graph import functional
from kvae.explorer.program import Program, program_of
from kvae.explorer.translation import UntranslatedError
from kvae.likelihoods.columns.categories import OfCategories
from kvae.likelihoods.table import Table

# Weights that a page may hold: 4 MB, a third more as text.
MANY_WEIGHTS = 1_000_000


@dataclass(frozen=True)
class Probabilities:
    """Where the probabilities of a column's categories stand in the results of a program: `n` from `at` on."""

    output: int
    at: int
    n: int


def decoding_of(vae: Any) -> tuple[Program, dict[int, Probabilities]]:
    """The program that gives the mean of p(x|z), `data_shape`, of a code `(latent_dim,)`.

    Of a table, the probabilities of categories follow, and the second that is returned says where, by columns.

    Raises:
        UntranslatedError: For a decoder that the page cannot compute; the message goes on with `the decoder`.
    """
    decoder = functional(vae.decoder)
    if vae.likelihood.given:
        raise UntranslatedError(
            f"is told columns of the row besides a code: {', '.join(vae.likelihood.condition)}"
        )
    if decoder is None:
        raise UntranslatedError("is no functional model, keras.Model(inputs, outputs)")
    n_weights = sum(math.prod(weight.shape) for weight in decoder.weights)
    if n_weights > MANY_WEIGHTS:
        raise UntranslatedError(f"has {n_weights:,} weights, and a page holds {MANY_WEIGHTS:,} at most")
    try:
        outputs, where = results_of(vae.likelihood, decoder.outputs[0])
    except UntranslatedError:
        raise
    except Exception as error:  # a likelihood that computes with more than `keras.ops`
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        kind = type(vae.likelihood).__name__
        raise UntranslatedError(f"ends in the likelihood {kind}, whose mean has no graph ({reason})") from error
    return program_of(keras.Function(decoder.inputs, outputs, name="decoding")), where


def results_of(likelihood: Any, params: Any) -> tuple[list[Any], dict[int, Probabilities]]:
    """Symbolic tensors of the mean, and of the probabilities of a table's categories, and where those are."""
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
