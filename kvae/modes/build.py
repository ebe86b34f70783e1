"""From a checked config to a model that is ready to train."""

import importlib
from typing import Any

import keras

from kvae.data.spec import InputSpec
from kvae.errors import InputError, in_short
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.networks.beside_code import BesideCode
from kvae.networks.table_input import TableInput
from kvae.options.found import make_importable
from kvae.options.schema import Config
from kvae.table import TableSpec
from kvae.training import compiling, devices
from kvae.vae.options import ModelConfig

# The likelihood of rows of a table, whose columns come with the data.
TABLE = "table"


def build_vae(config: Config, spec: InputSpec | tuple[int, ...]) -> VAE:
    """The compiled VAE of a config for observations as `spec` describes them, on the devices of its strategy.

    Initial weights come from `seed`.

    Args:
        config: The config.
        spec: What is known of the data; or only the shape of an observation, of data that is not a table.

    Raises:
        InputError: When the networks cannot be built, or do not fit each other or the data.
    """
    with devices.scope(config.train.strategy, config.train.device):
        if isinstance(spec, InputSpec):
            return build_compiled(config, spec.shape, spec.table)
        return build_compiled(config, spec, None)


def build_compiled(config: Config, data_shape: tuple[int, ...], table: TableSpec | None) -> VAE:
    """The compiled VAE of a config, in the scope of its strategy."""
    compiling.make_deterministic(jit_compile=True)  # undoes the setting of an earlier run in this process
    keras.utils.set_random_seed(config.run.seed)
    model = config.model
    make_importable()
    try:
        likelihood = build_likelihood(config, table)
        param_shape = tuple(likelihood.param_shape(data_shape))
        with compiling.precision(config.train.precision):
            encoder = build_encoder(config, data_shape, table)
            decoder = build_decoder(config, param_shape, table)
        vae = VAE(
            encoder,
            decoder,
            KL_param=model.KL_param,
            likelihood=likelihood,
            n_samples=model.n_samples,
            free_bits=model.free_bits,
            iwae=model.iwae,
            seed=config.run.seed,
            name="vae",
        )
    except ValueError as error:
        raise error if isinstance(error, InputError) else InputError(f"model: {in_short(error)}") from error
    if (vae.data_shape, vae.latent_dim) != (data_shape, model.latent_dim):
        raise InputError(
            f"model.encoder must map {data_shape} to model.latent_dim={model.latent_dim}. "
            f"Received: {vae.data_shape} to {vae.latent_dim}"
        )
    jit_compile = config.train.jit_compile
    jit_compile = (
        compiling.xla_pays(vae.encoder, vae.decoder, vae.likelihood) if jit_compile is None else jit_compile
    )
    compiling.make_deterministic(jit_compile)
    vae.compile(build_optimizer(config), jit_compile=jit_compile)
    vae.optimizer.build(vae.trainable_variables)
    return vae


def build_encoder(config: Config, data_shape: tuple[int, ...], table: TableSpec | None) -> keras.Model:
    """The encoder of a config; that of a table begins with the layer that turns rows into features.

    Raises:
        InputError: When it cannot be built, or `model.hide` is set for data that is not a table.
    """
    hide = config.model.hide
    if table is None:
        if hide:
            raise InputError(
                f"model.hide hides cells of a table: it must be 0 without data=table. Received: {hide}"
            )
        return build_network(config, "encoder", data_shape)
    first = TableInput(table.for_model(), hide, config.run.seed, name="table_input")
    rows = keras.Input(data_shape, name="x")
    encoder = build_network(config, "encoder", (first.n_features,))
    return keras.Model(rows, encoder(first(rows)), name="encoder")


def build_decoder(config: Config, param_shape: tuple[int, ...], table: TableSpec | None) -> keras.Model:
    """The decoder of a config; with `model.condition` it takes a code and the values of those columns."""
    names, latent_dim = config.model.condition, config.model.latent_dim
    if not names:
        return build_network(config, "decoder", param_shape)
    if table is None:
        raise InputError(f"model.condition names columns of data=table. Received: {', '.join(names)}")
    columns = [column for column in table.for_model() if column.name in names]
    first = BesideCode(columns, latent_dim, config.run.seed, name="beside_code")
    inputs = keras.Input((latent_dim + len(columns),), name="z")
    decoder = build_network(config, "decoder", param_shape, latent_dim + first.n_features)
    return keras.Model(inputs, decoder(first(inputs)), name="decoder")


def build_network(
    config: Config, which: str, data_shape: tuple[int, ...], latent_dim: int | None = None
) -> keras.Model:
    """The encoder or decoder of a config; a Keras layer or unbuilt model is wrapped into a built one.

    Args:
        config: The config.
        which: `encoder` or `decoder`.
        data_shape: Shape of what an encoder takes, or a decoder gives.
        latent_dim: Length of a decoder's input; None: that of a code.
    """
    model = config.model
    node, latent_dim = getattr(model, which), latent_dim or model.latent_dim
    network = config.instantiate(node, f"model.{which}", data_shape=data_shape, latent_dim=latent_dim)
    if not isinstance(network, keras.layers.Layer):
        raise InputError(
            f"model.{which}._target_={node['_target_']} must give a Keras model or layer. "
            f"Received: {type(network).__name__}"
        )
    if isinstance(network, keras.Sequential | keras.Model) and getattr(network, "inputs", None):
        return network
    inputs = keras.Input(data_shape if which == "encoder" else (latent_dim,))
    return keras.Model(inputs, network(inputs), name=which)


def build_likelihood(config: Config, table: TableSpec | None = None) -> Likelihood:
    """The likelihood of a config: by its name and its keys, or what a `_target_` of the user's own gives.

    Raises:
        InputError: For a table's likelihood without a table, or another one for a table.
    """
    node, key = config.model.likelihood, "model.likelihood"
    if not (isinstance(node, dict) and "_target_" in node):
        name = node["name"] if isinstance(node, dict) else node
        if (name == TABLE) != (table is not None):
            raise InputError(
                f"{key}={TABLE} goes with data=table, and with no other data. Received: {key}={name}. Type "
                f"{f'{key}={TABLE}' if table is not None else 'data=table, or another likelihood'}"
            )
        return get_likelihood(node) if table is None else of_table(table, config.model.condition)
    make_importable()
    # A fixed name: Keras would number its layers, and saved models of equal runs would differ.
    name = {} if "name" in node else {"name": node["_target_"].rpartition(".")[2].lower()}
    likelihood = config.instantiate(node, key, **name)
    if not isinstance(likelihood, Likelihood):
        raise InputError(
            f"{key}._target_={node['_target_']} must give a kvae.layers.Likelihood. "
            f"Received: {type(likelihood).__name__}"
        )
    return likelihood


def of_table(table: TableSpec, condition: Any) -> Table:
    """The likelihood of a table's rows.

    Raises:
        InputError: Where data.columns_file gives a column a likelihood that does not fit it.
    """
    try:
        return Table(table.for_model(), condition, name=TABLE)
    except (ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"data.columns_file, likelihoods of columns: {in_short(error)}") from error


def build_optimizer(config: Config) -> keras.optimizers.Optimizer:
    """The optimizer of a config."""
    train = config.train
    # A fixed name: Keras would number its optimizers, and saved models of equal runs would differ.
    arguments: dict[str, Any] = {"learning_rate": train.learning_rate, "name": "optimizer"}
    if train.global_clipnorm is not None:
        arguments["global_clipnorm"] = train.global_clipnorm
    optimizer = config.instantiate(train.optimizer, "train.optimizer", **arguments)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise InputError(
            f"train.optimizer._target_ must be a Keras optimizer. Received: {train.optimizer['_target_']}"
        )
    return optimizer


def import_networks(model: ModelConfig) -> None:
    """Import the modules of a user's own networks, so that their registered layers can be loaded again."""
    make_importable()
    nodes = {which: getattr(model, which) for which in ("encoder", "decoder", "likelihood")}
    for which, node in nodes.items():
        if not isinstance(node, dict) or "_target_" not in node:
            continue
        module = node["_target_"].rpartition(".")[0]
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(f"model.{which}._target_: {error}") from error
