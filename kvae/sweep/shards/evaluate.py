"""The shards of an evaluation: the standard error of nll, and the values per latent dimension."""

import math
from collections.abc import Sequence

import numpy as np

from kvae import plots
from kvae.errors import InputError
from kvae.metrics import Spread
from kvae.metrics.codes import ACTIVE_VARIANCE
from kvae.runs import RunFolder
from kvae.runs.files import read_json
from kvae.runs.forms import mapping
from kvae.sweep.pieces import Piece

PER_DIMENSION = ("kl_per_dim", "mean_per_dim", "variance_per_dim")


def joined(pieces: Sequence[Piece], folder: RunFolder) -> dict[str, float]:
    """The metrics of all rows that are not means over rows; writes `evaluate.json` and a picture.

    `evaluate.json` gets the values per latent dimension, as one evaluation of all rows writes them; the picture
    shows the KL per dimension.
    """
    rows = [piece.stop - piece.start for piece in pieces]
    n = sum(rows)
    spread, kl = Spread(), np.zeros(1)
    for piece, count in zip(pieces, rows, strict=True):
        of_shard = per_dimension(piece, spread)
        kl = kl + of_shard["kl_per_dim"] * (count / n)
        spread.merge(count, of_shard["mean_per_dim"], of_shard["variance_per_dim"] * count)
    variance = spread.square / n
    folder.vae.write_figure("kl_per_dim_evaluate", plots.kl_per_dim, kl, variance > ACTIVE_VARIANCE)
    nll = Spread()
    for _, part in folder.vae.rows_in("nll_evaluate", n):
        nll.add(part.reshape(-1, 1))
    nll_se = math.sqrt(nll.square.item() / (n - 1) / n) if n > 1 else math.nan
    values = {"kl_per_dim": kl, "mean_per_dim": spread.mean, "variance_per_dim": variance}
    found = {"nll_se": nll_se, "active_units": spread.active_units}
    folder.write_evaluation(found | {name: value.tolist() for name, value in values.items()} | {"n": n})
    return found


def per_dimension(piece: Piece, so_far: Spread) -> dict[str, np.ndarray]:
    """The values per latent dimension in a shard's `evaluate.json`.

    Raises:
        InputError: When a value is missing, not finite, or of another number of dimensions than before.
    """
    file = piece.folder.path / "evaluate.json"
    values = read_json(file, mapping)
    found = {name: np.asarray(values.get(name), np.float64) for name in PER_DIMENSION}
    shape = np.shape(so_far.mean) if so_far.n else found["kl_per_dim"].shape
    for name, one in found.items():
        if one.ndim != 1 or one.shape != shape or not np.isfinite(one).all():
            raise InputError(f"{file} is damaged: {name} must hold a number per latent dimension")
    return found
