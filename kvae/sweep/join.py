"""Joining the shards of a recognition or an evaluation in the order of the data."""

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from kvae.errors import InputError
from kvae.metrics import meaning_of
from kvae.metrics.meaning import DECLARED, kept_in, of_kvae
from kvae.modes.finish import finish_run
from kvae.runs import RunFolder
from kvae.runs.files import relative
from kvae.runs.lock import locked
from kvae.runs.reading_rows import join_files, row_files
from kvae.sweep.pieces import Piece, pieces_in
from kvae.sweep.shards import joiner_of

log = logging.getLogger(__name__)


def join(path: Path) -> RunFolder:
    """Join the shards under a sweep's folder, in its folder `joined`.

    Raises:
        InputError: When a shard is missing, or the shards are not all of one command.
    """
    with damage(path):
        pieces = pieces_in(path)
        folder = RunFolder(path / "joined", pieces[0].config["format"])
        with locked(folder.path, what="sweep"):
            return join_pieces(pieces, folder)


@contextlib.contextmanager
def damage(path: Path) -> Iterator[None]:
    """Raise errors from damaged files of shards as InputError: the files may come from somebody else."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InputError(f"the shards in {path} cannot be joined, they are damaged ({why})") from error


def join_pieces(pieces: list[Piece], folder: RunFolder) -> RunFolder:
    """Join shards in a folder that this process has locked."""
    first = pieces[0]
    folder.reopen()
    mode = first.config["mode"] | {"shard": None, "n_shards": None}
    folder.write_run(first.config | {"mode": mode, "learnt_run": first.learnt_run})
    for module in first.folder.modules():
        for file in row_files(module.path, first.mode):
            if not file.name.startswith("acc_"):
                files = [piece.folder.path / module.path.name / file.name for piece in pieces]
                join_files(files, [piece.stop - piece.start for piece in pieces], folder.path / module.path.name)
    metrics = joined_metrics(pieces, folder)
    finish_run(folder, metrics)
    log.info("%d shards, %s rows, in %s", len(pieces), f"{first.n:,}", relative(folder.path))
    return folder


def joined_metrics(pieces: Sequence[Piece], folder: RunFolder) -> dict[str, float]:
    """The metrics of all rows, from those of the shards."""
    of_shards = [piece.folder.read_metrics() for piece in pieces]
    rows = [piece.stop - piece.start for piece in pieces]
    for piece in pieces:
        DECLARED.update(kept_in(piece.folder.read_meanings()))
    means = [name for name in of_shards[0] if meaning_of(name).mean]
    # A metric of the user's own that failed for a shard is left out.
    means = [name for name in means if name in of_kvae() or all(name in own for own in of_shards)]
    for piece, own in zip(pieces, of_shards, strict=True):
        missing = {"loss", "reconstruction", "kl", "seconds", *means} - own.keys()
        if missing:
            raise InputError(f"{piece.folder.metrics} is damaged: it lacks {', '.join(sorted(missing))}")
    n = sum(rows)
    metrics: dict[str, float] = {
        name: math.fsum(own[name] * count for own, count in zip(of_shards, rows, strict=True)) / n
        for name in means
    }
    metrics |= joiner_of(pieces[0].mode)(pieces, folder)
    seconds = math.fsum(own["seconds"] for own in of_shards)
    return metrics | {"seconds": seconds, "observations_per_second": n / seconds}
