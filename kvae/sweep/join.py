"""The shards of a recognition, put together in the data's order."""

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kvae import plots
from kvae.errors import InputError
from kvae.metrics import Spread, clustering_metrics, meaning_of
from kvae.metrics.meaning import DECLARED, kept_in, of_kvae
from kvae.modes.finish import finish_run
from kvae.runs import ModuleFolder, RunFolder, select
from kvae.runs.files import relative
from kvae.runs.lock import locked
from kvae.runs.npy import open_plain_npz
from kvae.runs.plain import is_plain
from kvae.runs.reading_rows import join_files, row_files
from kvae.sweep.pieces import Piece, pieces_in

log = logging.getLogger(__name__)


def join(path: Path) -> RunFolder:
    """Put the shards under a sweep's folder together, in its folder `joined`.

    Raises:
        InputError: When a shard is missing, or they are not all of one recognition.
    """
    with damage(path):
        pieces = pieces_in(path)
        folder = RunFolder(path / "joined", pieces[0].config["format"])
        with locked(folder.path, what="sweep"):
            return join_pieces(pieces, folder)


@contextlib.contextmanager
def damage(path: Path) -> Iterator[None]:
    """Word what is wrong with the files of shards: somebody else may have made them, in any shape."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InputError(f"the shards in {path} cannot be joined, they are damaged ({why})") from error


def join_pieces(pieces: list[Piece], folder: RunFolder) -> RunFolder:
    """Put shards together in a folder that this process holds."""
    first = pieces[0]
    folder.reopen()
    mode = first.config["mode"] | {"shard": None, "n_shards": None}
    folder.write_run(first.config | {"mode": mode, "learnt_run": first.learnt_run})
    for module in first.folder.modules():
        for file in row_files(module.path, "recog"):
            if not file.name.startswith("acc_"):
                files = [piece.folder.path / module.path.name / file.name for piece in pieces]
                join_files(files, [piece.stop - piece.start for piece in pieces], folder.path / module.path.name)
    metrics = joined_metrics(pieces, folder)
    finish_run(folder, metrics)
    log.info("%d shards, %s rows, in %s", len(pieces), f"{first.n:,}", relative(folder.path))
    return folder


def joined_metrics(pieces: Sequence[Piece], folder: RunFolder) -> dict[str, float]:
    """The metrics of all rows, from those of the shards; draws the latent map on the way."""
    of_shards = [piece.folder.read_metrics() for piece in pieces]
    rows = [piece.stop - piece.start for piece in pieces]
    for piece in pieces:
        DECLARED.update(kept_in(piece.folder.read_meanings()))
    means = [name for name in of_shards[0] if meaning_of(name).mean]
    # One of the user's own is left out where it failed for a shard.
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
    spread, shown = latent_codes(folder.vae, n)
    folder.vae.write_figure("latent_recog", plots.latent_map, shown)
    if select(pieces[0].config, "mode.latent") == "mean":
        metrics["active_units"] = spread.active_units
    for module in pieces[0].folder.modules():
        name = module.path.name
        found = agreement([piece.folder.module_called(name) for piece in pieces], rows)
        if found:
            folder.module_called(name).write_rows("acc_recog", np.array([found["accuracy"]]))
        metrics |= found
    seconds = math.fsum(own["seconds"] for own in of_shards)
    return metrics | {"seconds": seconds, "observations_per_second": n / seconds}


def latent_codes(folder: ModuleFolder, n: int) -> tuple[Spread, np.ndarray]:
    """How far the joined codes spread, and as many of them as are drawn."""
    spread, shown = Spread(), []
    step = max(1, n // plots.MANY_POINTS)
    for start, z in folder.rows_in("z_recog", n):
        spread.add(z)
        shown.append(z[-start % step :: step])
    return spread, np.concatenate(shown)


def agreement(folders: Sequence[ModuleFolder], rows: Sequence[int]) -> dict[str, float]:
    """How well classes agree with labels, where the shards counted both of their `rows`; `{}` elsewhere."""
    if not all(is_plain(folder.counts) for folder in folders):
        return {}
    classes, labels = [], []
    for folder, n in zip(folders, rows, strict=True):
        with open_plain_npz(folder.counts) as arrays:
            counts, class_names, label_names = (arrays[name] for name in ("counts", "classes", "labels"))
        if counts.dtype.kind not in "iu" or counts.min(initial=0) < 0 or not 0 <= counts.sum(dtype=float) <= n:
            raise InputError(f"{folder.counts} is damaged: it does not count the {n:,} rows of its shard")
        class_numbers, label_numbers = np.nonzero(counts)
        times = counts[class_numbers, label_numbers]
        classes.append(np.repeat(class_names[class_numbers], times))
        labels.append(np.repeat(label_names[label_numbers], times))
    return clustering_metrics(np.concatenate(classes), np.concatenate(labels))
