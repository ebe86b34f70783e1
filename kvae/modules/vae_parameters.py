"""Checks of the parameters of a `kvae.modules.VAE`: their ranges and names, and that they fit a learnt model."""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import keras

from kvae.errors import InputError
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood, node_of, what_is_wrong
from kvae.model import VAE
from kvae.modules.parameters import check_number, check_whole, check_widths, check_word, same
from kvae.training.checkpoint_callback import every
from kvae.training.run import Training

# Arguments of `Training` that a module passes on; it sets the others itself.
OPTIONS = {option.name for option in fields(Training)} & {
    *("checkpoint", "x_test", "log_every", "checkpoint_every", "patience", "min_delta", "on_nan", "binarize"),
    *("decay_from", "schedule", "lines", "track"),
}


def check_parameters(module: Any) -> None:
    """Raise InputError for a parameter of a `kvae.modules.VAE` that is out of range."""
    for key in ("latent_dim", "itr"):
        check_whole(key, getattr(module, key))
    if module.weight_stddev is not None:
        check_number("weight_stddev", module.weight_stddev, above=True)
    for key in ("hidden_encoder_dim", "hidden_decoder_dim"):
        check_widths(key, getattr(module, key))
    if module.batch_size is not None:
        check_whole("batch_size", module.batch_size)
    check_number("KL_param", module.KL_param)
    given = isinstance(module.likelihood, Likelihood)
    if not given and (wrong := what_is_wrong(module.likelihood, "likelihood")) is not None:
        raise InputError(wrong.partition(". Type, for example")[0])
    check_number("learning_rate", module.learning_rate, above=True)
    check_whole("seed", module.seed, lowest=0)
    check_word("send", module.send, ("mean", "sample"))


def check_training(options: Mapping[str, Any]) -> None:
    """Raise TypeError for unknown arguments of `kvae.training.Training`, InputError for values out of range."""
    unknown = sorted(options.keys() - OPTIONS)
    if unknown:
        close = difflib.get_close_matches(unknown[0], OPTIONS, n=1)
        hint = f". Did you mean {close[0]}?" if close else f". There are: {', '.join(sorted(OPTIONS))}"
        raise TypeError(f"VAE() has no parameter {unknown[0]}{hint}")
    for key in ("log_every", "patience"):
        if options.get(key) is not None:
            check_whole(key, options[key])
    check_whole("lines", options.get("lines", 0), lowest=0)
    check_number("min_delta", options.get("min_delta", 0.0))
    if options.get("decay_from") is not None:
        check_number("decay_from", options["decay_from"], above=True)
    check_word("on_nan", options.get("on_nan", "retry"), ("retry", "stop"))
    check_word("binarize", options.get("binarize", "none"), ("none", "threshold", "dynamic"))
    try:
        every(options.get("checkpoint_every"), 1)
    except ValueError as error:
        raise InputError(
            "checkpoint_every must be a number of iterations >= 1, or a time such as 10min. "
            f"Received: checkpoint_every={options['checkpoint_every']!r}"
        ) from error


def given(module: Any, model: Any) -> VAE:
    """`model` itself, the user's own, after a check that it can be used and that no parameter describes another.

    Raises:
        InputError: When it is not a compiled `kvae.VAE` of this `latent_dim`, or other parameters are given.
    """
    if not isinstance(model, VAE):
        raise InputError(f"model must be a kvae.VAE. Received: {type(model).__name__}")
    if module.mode == "learn" and not model.compiled:
        raise InputError("model must be compiled: call model.compile('adam') first. Received: one that is not")
    if model.latent_dim != module.latent_dim:
        raise InputError(
            f"latent_dim must be that of the model, {model.latent_dim}. Received: latent_dim={module.latent_dim}"
        )
    if module.not_default:
        names = ", ".join(f"{name}={getattr(module, name)!r}" for name in module.not_default)
        raise InputError(f"your own model is used unchanged: leave out parameters that it has. Received: {names}")
    return model


def check_learnt(module: Any, model: VAE) -> None:
    """Raise InputError where the parameters of a `kvae.modules.VAE` differ from those of the learnt model.

    Parameters at their defaults are not compared; `latent_dim` has no default.
    """
    own, asked = model.likelihood, get_likelihood(module.likelihood)
    related = isinstance(asked, type(own)) or isinstance(own, type(asked))  # a renamed subclass is the same
    same_kind = related and nameless(asked) == nameless(own)
    learnt = {
        "hidden_encoder_dim": widths_of(model.encoder),
        "hidden_decoder_dim": widths_of(model.decoder),
        "KL_param": float(model.KL_param.numpy()),
        "likelihood": module.likelihood if same_kind else node_of(own),
    }
    wrong = {
        key: value
        for key, value in learnt.items()
        if key in module.not_default and value is not None and not same(getattr(module, key), value)
    }
    if model.latent_dim != module.latent_dim:
        wrong = {"latent_dim": model.latent_dim, **wrong}
    if wrong:
        key, value = next(iter(wrong.items()))
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        raise InputError(
            f"{module.name} learnt with {key}={value!r}: recognise with the same. "
            f"Received: {key}={getattr(module, key)!r}"
        )


def nameless(likelihood: Likelihood) -> dict[str, Any]:
    """A likelihood's config without its name and dtype, which do not change the distribution."""
    return {key: value for key, value in likelihood.get_config().items() if key not in ("name", "dtype")}


def widths_of(network: keras.Model) -> list[int] | None:
    """Widths of the hidden layers of a network that `kvae.layers` has built; None for other networks."""
    hidden = [layer for layer in network.layers if layer.name.startswith("hidden_")]
    return [layer.units for layer in hidden] or None
