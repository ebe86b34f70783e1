"""The keys of the group `train`: how training runs."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from kvae.options.rules import FLAG, NULL, Rule, integer, number, one_of, target, text

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


@dataclass(frozen=True)
class TrainConfig:
    """How training runs."""

    itr: Annotated[int, integer(1, 5000)]
    optimizer: Annotated[dict, target("keras.optimizers.Adam")]
    batch_size: Annotated[int | None, integer(1, 128) | NULL] = None
    learning_rate: Annotated[float, number(0, 0.001, above=True)] = 0.001
    learning_rate_decay: Annotated[str | None, one_of("cosine") | NULL] = None
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


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of the group, which all its options have."""
    return TrainConfig


COMMON = TrainConfig
