"""The finished shards in a folder, each with its range of rows, checked to be all of one command."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvae.errors import InputError
from kvae.options.quoting import shell
from kvae.process.commands import program
from kvae.runs import RunFolder, runs_under, select
from kvae.runs.files import relative
from kvae.runs.forms import record, text, whole, word

MANY_SHARDS = 100_000
# What the record of a shard holds; see `kvae.runs.forms`.
SHARD = record(
    {
        "format": word("txt", "npy", "csv"),
        "mode": record({"name": text}),
        "learnt_run": text,
        "shard": record(dict.fromkeys(("number", "of", "start", "stop", "n"), whole)),
    }
)


@dataclass(frozen=True)
class Piece:
    """A finished shard: its run folder, its rows `start` to `stop` of `n`, and its config."""

    folder: RunFolder
    start: int
    stop: int
    number: int
    of: int
    n: int
    learnt_run: str
    config: dict[str, Any]

    @property
    def mode(self) -> str:
        """The mode of the shard."""
        return self.config["mode"]["name"]


def pieces_in(path: Path) -> list[Piece]:
    """The finished shards under a folder, in order.

    Raises:
        InputError: When there are none, one is missing, or they are not of one command.
    """
    found: dict[int, Piece] = {}
    for run in runs_under(path):
        config = run.read_config()
        if config.get("shard") and select(config, "mode.shard") is not None and run.finished:
            try:
                config = SHARD(config, "config")
            except ValueError as error:
                raise InputError(f"{run.record} is missing or damaged: {error}") from error
            rows, learnt = config.pop("shard"), config.pop("learnt_run")
            start, stop, number, of, n = (rows[name] for name in ("start", "stop", "number", "of", "n"))
            piece = Piece(run, start, stop, number, of, n, learnt, config)
            if piece.number in found:
                raise InputError(
                    f"there are two shards {piece.number}: {relative(found[piece.number].folder.path)} and "
                    f"{relative(run.path)}. Name the folder of one sweep"
                )
            found[piece.number] = piece
    if not found:
        raise InputError(
            f"{path} has no finished shard. Make some:  {program()} -m mode=recog mode.shard=0,1 mode.n_shards=2  "
            "(or mode=evaluate)"
        )
    check_complete(path, found)
    return [found[number] for number in sorted(found)]


def check_complete(path: Path, found: dict[int, Piece]) -> None:
    """Raise InputError unless the shards are all those of one command."""
    any_piece = next(iter(found.values()))
    for name in ("of", "n", "learnt_run", "mode"):
        values = {getattr(piece, name): piece for piece in found.values()}
        if len(values) > 1:
            texts = ", ".join(f"shard {piece.number} has {value}" for value, piece in values.items())
            raise InputError(f"the shards in {path} are not of one command; in {name} they differ: {texts}")
    if any_piece.of > MANY_SHARDS:
        raise InputError(f"the shards in {path} are said to be {any_piece.of:,}, more than {MANY_SHARDS:,}")
    missing = [str(number) for number in range(any_piece.of) if number not in found]
    if missing:
        raise InputError(
            f"{len(missing)} of {any_piece.of} shards are missing or not finished in {path}: "
            f"{', '.join(missing)}. Type  {program()} {shell(f'resume={path}')}"
        )
    ends = [0, *(found[number].stop for number in sorted(found))]
    starts = [*(found[number].start for number in sorted(found)), any_piece.n]
    if starts != ends or min(stop - start for start, stop in itertools.pairwise(ends)) < 1:
        raise InputError(f"the shards in {path} are damaged: they do not cover all {any_piece.n:,} rows once")
