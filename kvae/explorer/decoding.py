"""From a VAE's decoder to what a page computes of a code: the mean of p(x|z)."""

import math
from typing import Any

import keras

from kvae.exact.graph import functional
from kvae.explorer.program import Program, program_of
from kvae.explorer.translation import UntranslatedError

# Weights that a page may hold: 4 MB, a third more as text.
MANY_WEIGHTS = 1_000_000


def decoding_of(vae: Any) -> Program:
    """The program that gives the mean of p(x|z), `data_shape`, of a code `(latent_dim,)`.

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
        mean = vae.likelihood.mean(decoder.outputs[0])
    except UntranslatedError:
        raise
    except Exception as error:  # a likelihood that computes with more than `keras.ops`
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        kind = type(vae.likelihood).__name__
        raise UntranslatedError(f"ends in the likelihood {kind}, whose mean has no graph ({reason})") from error
    return program_of(keras.Function(decoder.inputs, mean, name="decoding"))
