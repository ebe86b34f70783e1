"""One dataclass per config group: the keys, their types and their ranges. The YAML files hold the defaults."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from kvae.errors import InputError
from kvae.options.rules import (
    FLAG,
    NULL,
    Rule,
    build_section,
    fraction,
    integer,
    is_number,
    list_of,
    number,
    one_of,
    target,
    text,
)

COLUMN = Rule(
    "a column's name or number", lambda v: isinstance(v, str) or (is_number(v) and math.isfinite(v)), "label"
)
SEPARATOR = Rule(
    "one of comma, semicolon, tab, space, pipe or another single sign",
    lambda v: isinstance(v, str) and (v in ("comma", "semicolon", "tab", "space", "pipe", "\\t") or len(v) == 1),
    "semicolon",
)
THOUSANDS = Rule(
    "one of comma, point, space, apostrophe",
    lambda v: isinstance(v, str) and v in ("comma", "point", "space", "apostrophe", ",", ".", " ", "'"),
    "point",
)
MISSING = Rule(
    "text or a finite number", lambda v: isinstance(v, str) or (is_number(v) and math.isfinite(v)), "-999"
)
LABEL = Rule("a label", lambda v: isinstance(v, str | int) and not isinstance(v, bool), "0")
WIDTH = integer(1, 100)
CONTAMINATION = Rule("a number > 0 and <= 0.5", lambda v: number(0, 1, above=True).accepts(v) and v <= 0.5, 0.05)
SHARE = Rule("a number > 0 and <= 1", lambda v: number(0, 1, above=True).accepts(v) and v <= 1, 1.0)
DEVICE = Rule(
    "cpu or gpu, with a number if there are several (gpu:1),",
    lambda v: isinstance(v, str) and re.fullmatch(r"(cpu|gpu)(:\d+)?", v) is not None,
    "gpu:0",
)
TIME = Rule(
    "a time such as 10min, 90s or 2h",
    lambda v: isinstance(v, str) and re.fullmatch(r"(?!0+(\.0+)?[ smh])\d+(\.\d+)? ?(s|min|h)", v) is not None,
    "10min",
)
GREY = Rule("a number from 0 (black) to 1 (white)", lambda v: number(0, 1).accepts(v) and v <= 1, 0)
SEED = Rule("an integer from 0 to 4294967295", lambda v: integer(0, 0).accepts(v) and v < 2**32, 0)
SCALE = Rule("one of none, minmax, standard", lambda v: v in ("none", "minmax", "standard"), "minmax")


@dataclass(frozen=True)
class DataConfig:
    """Where observations come from, and how they are prepared."""

    name: Annotated[str, one_of("digits", "mnist", "fashion_mnist", "file", "images")]
    path: Annotated[str | None, text("x.csv") | NULL] = None
    key: Annotated[str | None, text("images") | NULL] = None
    columns: Annotated[list | None, list_of(COLUMN, "[0,1,2]") | NULL] = None
    label_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    id_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    labels: Annotated[str | None, text("labels.txt") | NULL] = None
    header: Annotated[bool | None, FLAG | NULL] = None
    separator: Annotated[str | None, SEPARATOR | NULL] = None
    decimal: Annotated[str | None, one_of("point", "comma", ".", ",") | NULL] = None
    thousands: Annotated[str | None, THOUSANDS | NULL] = None
    encoding: Annotated[str | None, text("cp1252") | NULL] = None
    missing: Annotated[str | int | float | list | None, MISSING | list_of(MISSING, "[-999,'-']") | NULL] = None
    height: Annotated[int, integer(1, 28)] = 28
    width: Annotated[int, integer(1, 28)] = 28
    channels: Annotated[int, Rule("1 (grey) or 3 (colour)", lambda v: v in (1, 3), 1)] = 1
    background: Annotated[float | None, GREY | NULL] = None
    shape: Annotated[list | None, list_of(integer(1, 28), "[28,28]") | NULL] = None
    normal_label: Annotated[str | int | None, LABEL | NULL] = None
    scale: Annotated[str | float, SCALE | number(0, 255, above=True)] = "none"
    binarize: Annotated[str, one_of("none", "threshold", "dynamic")] = "none"
    test_fraction: Annotated[float | None, fraction(0.2) | NULL] = None
    split: Annotated[str, one_of("last", "spread")] = "last"
    limit: Annotated[int | None, integer(1, 1000) | NULL] = None
    memory: Annotated[float, number(0, 4)] = 4.0
    shuffle_rows: Annotated[int, integer(1, 65536)] = 65536
    cache: Annotated[str | None, one_of("memory", "disk") | NULL] = None


@dataclass(frozen=True)
class ModelConfig:
    """The model. Keys of a user's own network, which no rule covers, are collected in `extra`."""

    encoder: Annotated[dict, target("my_models.encoder")]
    decoder: Annotated[dict, target("my_models.decoder")]
    latent_dim: Annotated[int, integer(1, 10)]
    KL_param: Annotated[float, number(0, 1)] = 1.0
    likelihood: Annotated[str, one_of("bernoulli", "gaussian", "gaussian_learnt")] = "bernoulli"
    n_samples: Annotated[int, integer(1, 1)] = 1
    free_bits: Annotated[float, number(0, 0)] = 0.0
    hidden_encoder_dim: Annotated[int | list | None, WIDTH | list_of(WIDTH, "[400,200]") | NULL] = None
    hidden_decoder_dim: Annotated[int | list | None, WIDTH | list_of(WIDTH, "[200,400]") | NULL] = None
    weight_stddev: Annotated[float | None, number(0, 0.1, above=True) | NULL] = None
    filters: Annotated[list | None, list_of(integer(1, 32), "[32,64]") | NULL] = None
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class PriorConfig:
    """Who sends the prior mean."""

    name: Annotated[str, one_of("standard", "message", "gmm")] = "standard"
    path: Annotated[str | None, text("mu.npy") | NULL] = None
    n_components: Annotated[int, integer(1, 10)] = 10
    rounds: Annotated[int, integer(1, 5)] = 5
    first_itr: Annotated[int | None, integer(1, 200) | NULL] = None
    itr: Annotated[int, integer(1, 100)] = 100
    covariance_type: Annotated[str, one_of("full", "tied", "diag", "spherical")] = "full"
    equal_weights: Annotated[bool, FLAG] = False
    concentration: Annotated[float, number(0, 1)] = 1.0
    ridge: Annotated[float, number(0, 0.1)] = 0.1
    n_starts: Annotated[int, integer(1, 12)] = 12
    message: Annotated[str, one_of("mean", "diag", "full")] = "mean"
    damping: Annotated[float, fraction(0.5)] = 0.0
    weight: Annotated[float, SHARE] = 1.0
    ramp: Annotated[int, integer(0, 3)] = 0


@dataclass(frozen=True)
class KLConfig:
    """The KL schedule: a function of `kvae.schedules`, or a user's own, and in `extra` its arguments."""

    _target_: Annotated[str, text("kvae.schedules.constant")]
    n_iterations: Annotated[int | None, integer(0, 1000) | NULL] = None
    n_cycles: Annotated[int, integer(1, 4)] = 4
    ramp_fraction: Annotated[
        float, Rule("a number from 0 to 1", lambda v: fraction(0).accepts(v) or v == 1, 0.5)
    ] = 0.5
    max_capacity: Annotated[float, number(0, 10)] = 0.0
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class TrainConfig:
    """How training runs."""

    itr: Annotated[int, integer(1, 5000)]
    optimizer: Annotated[dict, target("keras.optimizers.Adam")]
    batch_size: Annotated[int | None, integer(1, 128) | NULL] = None
    learning_rate: Annotated[float, number(0, 0.001, above=True)] = 0.001
    global_clipnorm: Annotated[float | None, number(0, 1, above=True) | NULL] = None
    patience: Annotated[int | None, integer(1, 500) | NULL] = None
    min_delta: Annotated[float, number(0, 0)] = 0.0
    log_every: Annotated[int | None, integer(1, 50) | NULL] = None
    checkpoint_every: Annotated[int | str | None, integer(1, 500) | TIME | NULL] = None
    on_nan: Annotated[str, one_of("retry", "stop")] = "retry"
    resume: Annotated[str | None, text("outputs/vae/learn/...") | NULL] = None
    jit_compile: Annotated[bool | None, FLAG | NULL] = None
    precision: Annotated[str, one_of("float32", "mixed_bfloat16")] = "float32"
    device: Annotated[str | None, DEVICE | NULL] = None
    strategy: Annotated[str | None, one_of("mirrored", "multi_worker") | NULL] = None


@dataclass(frozen=True)
class ModeConfig:
    """What the command does."""

    name: Annotated[str, one_of("learn", "recog", "evaluate", "generate", "detect", "export")]
    run: Annotated[str | None, text("outputs/vae/learn/...") | NULL] = None
    split: Annotated[str | None, one_of("test", "train", "all") | NULL] = None
    latent: Annotated[str, one_of("mean", "sample")] = "mean"
    x_hat: Annotated[bool, FLAG] = True
    shard: Annotated[int | None, integer(0, 0) | NULL] = None
    n_samples: Annotated[int | None, integer(1, 200) | NULL] = None
    n_components: Annotated[int | None, integer(1, 10) | NULL] = None
    n: Annotated[int | None, integer(1, 50) | NULL] = None
    sampler: Annotated[str, one_of("prior", "gmm", "posterior", "interpolate")] = "prior"
    prior_mu: Annotated[str | None, text("mu.npy") | NULL] = None
    index: Annotated[int | list | None, integer(0, 7) | list_of(integer(0, 7), "[7,12]") | NULL] = None
    score: Annotated[str, one_of("elbo", "reconstruction", "nll")] = "elbo"
    contamination: Annotated[float, CONTAMINATION] = 0.05
    n_shards: Annotated[int | None, integer(1, 4) | NULL] = None
    format: Annotated[str, one_of("saved_model", "onnx", "litert")] = "saved_model"
    tolerance: Annotated[float, number(0, 1e-4, above=True)] = 1e-4


@dataclass(frozen=True)
class TrackingConfig:
    """Where a run is recorded besides its run folder."""

    name: Annotated[str, one_of("none", "tensorboard", "mlflow")] = "none"
    uri: Annotated[str | None, text("http://127.0.0.1:5000") | NULL] = None
    experiment: Annotated[str | None, text("vae") | NULL] = None
    artifacts: Annotated[str, one_of("small", "all")] = "small"


@dataclass(frozen=True)
class RunConfig:
    """The keys outside every group."""

    name: Annotated[str, text("vae")]
    seed: Annotated[int, SEED]
    outputs: Annotated[str, text("outputs")]
    format: Annotated[str, one_of("txt", "npy", "csv")]
    objective: Annotated[str, text("val_loss")]
    resume: Annotated[str | None, text("outputs/vae/learn/...") | NULL] = None


def calls_nothing(node: dict[str, Any], key: str, **arguments: Any) -> Any:
    """What stands in for `Config.instantiate` where a config was read back, and builds nothing."""
    raise RuntimeError(f"{key}._target_={node['_target_']}: this config was read from a file, and calls nothing")


@dataclass(frozen=True)
class Config:
    """The whole, checked config.

    Attributes:
        plain: The same as nested dictionaries, for files.
        instantiate: Calls the `_target_` of a node, which stands under a key, with its own keys and more
            arguments: `instantiate(node, "model.encoder", latent_dim=2)`. Whoever composes a config gives it.
    """

    run: RunConfig
    data: DataConfig
    model: ModelConfig
    prior: PriorConfig
    kl: KLConfig
    train: TrainConfig
    mode: ModeConfig
    tracking: TrackingConfig
    plain: dict[str, Any]
    instantiate: Callable[..., Any] = field(default=calls_nothing, repr=False, compare=False)


SECTIONS = {
    "data": DataConfig,
    "model": ModelConfig,
    "prior": PriorConfig,
    "kl": KLConfig,
    "train": TrainConfig,
    "mode": ModeConfig,
    "tracking": TrackingConfig,
}


def check(values: dict[str, Any], instantiate: Callable[..., Any] = calls_nothing) -> Config:
    """The checked config from plain, resolved values; the whole of it, before anything is loaded.

    Args:
        values: The keys, as nested dictionaries.
        instantiate: What calls a `_target_`; see `Config`.

    Raises:
        InputError: For an unknown key, or a value of the wrong type or range.
    """
    top = {key: value for key, value in values.items() if key not in SECTIONS}
    for name in SECTIONS:
        if not isinstance(values.get(name) or {}, dict):
            raise InputError(f"{name} must hold keys. Received: {values[name]!r}")
    sections = {name: build_section(kind, values.get(name) or {}, f"{name}.") for name, kind in SECTIONS.items()}
    return Config(run=build_section(RunConfig, top, ""), **sections, plain=values, instantiate=instantiate)
