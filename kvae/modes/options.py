"""The keys that modes have in common, and the attributes by which a mode describes itself."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from kvae.options.found import by_name
from kvae.options.rules import NULL, Name, integer, one_of, text

# Has a file for each mode.
PACKAGE = "kvae.modes"


@dataclass(frozen=True, kw_only=True)
class ModeConfig:
    """What the command does.

    Attributes:
        trains: Whether it trains a model.
        takes_metrics: Whether it measures by the metrics of the group `metric`.
        takes_networks: Whether it also works on a network of modules, `network=...`.
        needs_messages: Whether its results depend on the messages that a run learnt under (`prior=message`).
        uses_keras: Whether it builds or opens a model; other modes run without importing Keras, which is slow.
    """

    name: Name = ""

    trains: ClassVar[bool] = False
    takes_metrics: ClassVar[bool] = False
    takes_networks: ClassVar[bool] = False
    needs_messages: ClassVar[bool] = False
    uses_keras: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class UseConfig(ModeConfig):
    """Keys of modes that use a learnt run."""

    run: Annotated[str | None, text("outputs/vae/learn/...") | NULL] = None


@dataclass(frozen=True, kw_only=True)
class RowsConfig(UseConfig):
    """Keys of modes that use a learnt run on rows of data."""

    split: Annotated[str | None, one_of("test", "train", "all") | NULL] = None


@dataclass(frozen=True, kw_only=True)
class ShardsConfig(RowsConfig):
    """Keys of modes whose rows can be divided among several machines: see `kvae.modes.shards`."""

    shard: Annotated[int | None, integer(0, 0) | NULL] = None
    n_shards: Annotated[int | None, integer(1, 4) | NULL] = None


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a mode: that of its file in `kvae/modes/`, or of its `_target_`.

    A mode of the user's own has the keys of those that use a learnt run on rows.
    """
    return by_name("mode", PACKAGE, RowsConfig, values, typed, given=("config", "folder", "tracker"), entry="run")
