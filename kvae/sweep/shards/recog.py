"""The shards of a recognition: active units, the latent map, and how well classes agree with labels."""

from collections.abc import Sequence

import numpy as np

from kvae import plots
from kvae.errors import InputError
from kvae.metrics import Spread, clustering_metrics
from kvae.runs import ModuleFolder, RunFolder, select
from kvae.runs.npy import open_plain_npz
from kvae.runs.plain import is_plain
from kvae.sweep.pieces import Piece


def joined(pieces: Sequence[Piece], folder: RunFolder) -> dict[str, float]:
    """The metrics of all rows that are not means over rows; also draws the latent map."""
    rows = [piece.stop - piece.start for piece in pieces]
    metrics: dict[str, float] = {}
    spread, shown = latent_codes(folder.vae, sum(rows))
    folder.vae.write_figure("latent_recog", plots.latent_map, shown)
    if select(pieces[0].config, "mode.latent") == "mean":
        metrics["active_units"] = spread.active_units
    for module in pieces[0].folder.modules():
        name = module.path.name
        found = agreement([piece.folder.module_called(name) for piece in pieces], rows)
        if found:
            folder.module_called(name).write_rows("acc_recog", np.array([found["accuracy"]]))
        metrics |= found
    return metrics


def latent_codes(folder: ModuleFolder, n: int) -> tuple[Spread, np.ndarray]:
    """The spread of the joined codes, and the evenly spaced ones that are drawn."""
    spread, shown = Spread(), []
    step = max(1, n // plots.MANY_POINTS)
    for start, z in folder.rows_in("z_recog", n):
        spread.add(z)
        shown.append(z[-start % step :: step])
    return spread, np.concatenate(shown)


def agreement(folders: Sequence[ModuleFolder], rows: Sequence[int]) -> dict[str, float]:
    """The agreement of classes and labels over all shards; `{}` unless every shard has counted them."""
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
