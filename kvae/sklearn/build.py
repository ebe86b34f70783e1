"""From an estimator's parameters to a trained VAE, without effects on the global random states."""

import contextlib
import math
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kvae.errors import InputError
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.networks.table_input import TableInput
from kvae.options.arguments import check_arguments, check_at_least, check_count, check_flag
from kvae.table import Column
from kvae.training import compiling
from kvae.training.run import Training

SCALES = ("none", "minmax", "standard")
LATENT_DIMS, ROWS_EACH = (2, 16), 100
LEARNING_RATES, PATH = (0.002, 0.012), 15.0
# With fewer steps, compiling by XLA takes longer than it saves. On two cores it takes 1.5 s for a VAE of an array
# and 5 s for that of a table, and saves 0.2 and 1 ms per step. Programs are never freed: 20 and 120 MB per fit.
XLA_FROM = 6000
CLIPNORM = 10.0  # of the gradients of a table
SEEDING = threading.Lock()


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise ValueError for parameters of an estimator that are out of range."""
    check_of_all(parameters)
    check_count("latent_dim", parameters["latent_dim"])
    check_at_least("learning_rate", parameters["learning_rate"], above=True)
    get_likelihood(parameters["likelihood"])
    check_name("scale", parameters["scale"], SCALES)


def check_of_all(parameters: dict[str, Any]) -> None:
    """Raise ValueError for parameters of any estimator that are out of range."""
    check_count("itr", parameters["itr"])
    for name in ("hidden_encoder_dim", "hidden_decoder_dim"):
        for width in widths(parameters[name]):
            check_count(name, width)
    if parameters["batch_size"] is not None:
        check_count("batch_size", parameters["batch_size"])
    check_arguments(parameters["KL_param"], 1, 0.0)
    if parameters["weight_stddev"] is not None:
        check_at_least("weight_stddev", parameters["weight_stddev"], above=True)
    if parameters["jit_compile"] is not None:
        check_flag("jit_compile", parameters["jit_compile"])


def check_table_parameters(parameters: dict[str, Any]) -> None:
    """Raise ValueError for parameters of an imputer that are out of range."""
    check_of_all(parameters)
    if parameters["latent_dim"] is not None:
        check_count("latent_dim", parameters["latent_dim"])
    if parameters["learning_rate"] is not None:
        check_at_least("learning_rate", parameters["learning_rate"], above=True)
    check_count("train_samples", parameters["train_samples"])
    hide = parameters["hide"]
    check_at_least("hide", hide)
    if hide >= 1:
        raise ValueError(f"`hide` must be a number >= 0 and < 1. Received: hide={hide!r}")


def check_name(name: str, value: Any, allowed: Any) -> None:
    """Raise ValueError unless `value` is one of the names in `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(allowed)}. Received: {name}={value!r}")


def widths(hidden_dim: Any) -> list[Any]:
    """Widths of hidden layers from a number or a sequence; parameter searches may pass NumPy arrays."""
    return list(hidden_dim) if isinstance(hidden_dim, list | tuple | np.ndarray) else [hidden_dim]


def build_vae(parameters: dict[str, Any], shape: tuple[int, int], seed: int) -> VAE:
    """A compiled VAE for rows of `shape` `(n, n_features)`; weights and noise come from `seed`."""
    n, n_features = shape
    latent_dim, weight_stddev = int(parameters["latent_dim"]), parameters["weight_stddev"]
    encoder_widths, decoder_widths = (
        [int(width) for width in widths(parameters[name])] for name in ("hidden_encoder_dim", "hidden_decoder_dim")
    )
    likelihood = get_likelihood(parameters["likelihood"])
    with initial_weights(seed):
        encoder = mlp_encoder((n_features,), latent_dim, encoder_widths, weight_stddev)
        decoder = mlp_decoder(likelihood.param_shape((n_features,)), latent_dim, decoder_widths, weight_stddev)
    return compiled(encoder, decoder, likelihood, parameters, n, seed)


def build_table_vae(parameters: dict[str, Any], n: int, columns: Sequence[Column], seed: int) -> VAE:
    """A compiled VAE for `n` rows of a table; weights and noise come from `seed`."""
    latent_dim, weight_stddev = int(parameters["latent_dim"]), parameters["weight_stddev"]
    encoder_widths, decoder_widths = (
        [int(width) for width in widths(parameters[name])] for name in ("hidden_encoder_dim", "hidden_decoder_dim")
    )
    likelihood = Table(columns, name="table")
    with initial_weights(seed):
        first = TableInput(columns, float(parameters["hide"]), seed, name="table_input")
        inner = mlp_encoder((first.n_features,), latent_dim, encoder_widths, weight_stddev)
        rows = keras.Input((len(columns),), name="x")
        encoder = keras.Model(rows, inner(first(rows)), name="encoder")
        shape = tuple(likelihood.param_shape((len(columns),)))
        decoder = mlp_decoder(shape, latent_dim, decoder_widths, weight_stddev)
    return compiled(encoder, decoder, likelihood, parameters, n, seed, CLIPNORM)


def with_table_defaults(parameters: dict[str, Any], n: int, n_columns: int) -> dict[str, Any]:
    """The parameters of an imputer for `n` rows, with numbers in place of None."""
    found = dict(parameters)
    if found["latent_dim"] is None:
        found["latent_dim"] = dimensions(n, n_columns)
    if found["learning_rate"] is None:
        found["learning_rate"] = rate_for(steps_of(parameters, n))
    return found


def rate_for(steps: int) -> float:
    """The default learning rate of the imputer: `PATH` / steps, within `LEARNING_RATES`.

    Adam moves a weight by about the learning rate in a step, so with few steps and a small rate, as of small
    tables, the weights stay near where they began.
    """
    lowest, highest = LEARNING_RATES
    return min(max(lowest, PATH / steps), highest)


def dimensions(n: int, n_columns: int) -> int:
    """The default latent_dim of the imputer: n_columns / 3 or n / `ROWS_EACH`, the larger, within `LATENT_DIMS`.

    With many dimensions and few rows, each column gets a dimension of its own, and others do not predict it.
    """
    fewest, most = LATENT_DIMS
    return min(max(fewest, math.ceil(n_columns / 3), n // ROWS_EACH), most)


def compiled(
    encoder: keras.Model,
    decoder: keras.Model,
    likelihood: Likelihood,
    parameters: dict[str, Any],
    n: int,
    seed: int,
    global_clipnorm: float | None = None,
) -> VAE:
    """The VAE of two networks, compiled for `n` rows."""
    n_samples = int(parameters.get("train_samples", 1))
    vae = VAE(
        encoder,
        decoder,
        KL_param=float(parameters["KL_param"]),
        likelihood=likelihood,
        n_samples=n_samples,
        iwae=n_samples > 1,
        seed=seed,
        name="vae",
    )
    optimizer = keras.optimizers.Adam(
        float(parameters["learning_rate"]), global_clipnorm=global_clipnorm, name="optimizer"
    )
    jit_compile = parameters["jit_compile"]
    if jit_compile is None:
        jit_compile = compiling.xla_pays(encoder, decoder) and (
            compiling.on_gpu() or steps_of(parameters, n) >= XLA_FROM
        )
    vae.compile(optimizer, jit_compile=jit_compile)
    optimizer.build(vae.trainable_variables)
    return vae


def steps_of(parameters: dict[str, Any], n: int) -> int:
    """How many steps training on `n` rows takes."""
    return int(parameters["itr"]) * math.ceil(n / int(parameters["batch_size"] or n))


def train(vae: VAE, x: np.ndarray, parameters: dict[str, Any], seed: int) -> list[dict[str, float]]:
    """Train on rows `(n, n_features)` float32; returns the loss history, a row per logged iteration.

    Draws noise from the model's seed, and shuffles by `seed`.

    Raises:
        ValueError: When the loss is not finite.
    """
    batch_size = parameters["batch_size"]
    scaled = "scale" in parameters
    training = Training(
        vae,
        x,
        batch_size=None if batch_size is None else int(batch_size),
        itr=int(parameters["itr"]),
        seed=seed,
        lines=10 if parameters["verbose"] else 0,
        decay_from=None if scaled else float(parameters["learning_rate"]),  # as with train=table
    )
    try:
        training.run(training.itr)
    except InputError as error:  # its text names keys of the command line
        scale = ", or scale='standard'" if scaled else ""
        received = f", scale={parameters['scale']!r}" if scaled else ""
        raise ValueError(
            f"the loss is not finite. Pass a smaller `learning_rate`{scale}. Received: "
            f"learning_rate={parameters['learning_rate']!r}{received}"
        ) from error
    return training.rows


@contextlib.contextmanager
def initial_weights(seed: int) -> Iterator[None]:
    """Within the block, draw the initial weights of layers from `seed`.

    Keras takes the seeds of initializers from Python's `random`; its state is restored after the block.
    """
    with SEEDING:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)
