"""The shards of an evaluation: the standard error of nll, and what is known per latent dimension."""

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
    """Metrics of all rows that are no means over them; writes the picture of the KL per dimension.

    `evaluate.json` has the same entries of all rows as one evaluation writes of what is known per dimension.
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
    """What a shard's `evaluate.json` says of every latent dimension.

    Raises:
        InputError: Where it says something else than those before.
    """
    file = piece.folder.path / "evaluate.json"
    values = read_json(file, mapping)
    found = {name: np.asarray(values.get(name), np.float64) for name in PER_DIMENSION}
    shape = np.shape(so_far.mean) if so_far.n else found["kl_per_dim"].shape
    for name, one in found.items():
        if one.ndim != 1 or one.shape != shape or not np.isfinite(one).all():
            raise InputError(f"{file} is damaged: {name} must hold a number per latent dimension")
    return found
