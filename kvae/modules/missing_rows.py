"""Results of a VAE for missing rows: their codes are the messages from above, and are decoded."""

from collections.abc import Callable

import numpy as np

from kvae import model as models
from kvae import plots
from kvae.data import InputSpec, Part
from kvae.data.gaps import known_rows
from kvae.data.pieces import pieces
from kvae.data.stored import Rows
from kvae.metrics import Spread
from kvae.modules.message import Gaussian
from kvae.modules.vae_codes import infer_codes
from kvae.runs import ModuleFolder


def known_in(vae: models.VAE, x: Rows) -> np.ndarray:
    """Which rows are known, `(n,)`: those that are not all NaN; all rows if the model takes missing values."""
    support = vae.likelihood.support
    return np.ones(len(x), bool) if support is not None and support.missing else known_rows(x)


def only_known(vae: models.VAE, part: Part, message: Gaussian | None) -> tuple[Part, Gaussian | None]:
    """The known rows of a part, and the messages for them; see `known_in`."""
    known = known_in(vae, part.x)
    if known.all():
        return part, message
    return part.of(known), None if message is None else message.rows(known)


def write_rows(
    vae: models.VAE,
    part: Part,
    message: Gaussian | None,
    seed: int | None,
    write_z: Callable[[np.ndarray], None],
    write_x_hat: Callable[[np.ndarray], None] | None,
) -> tuple[np.ndarray, Spread]:
    """Write codes and reconstructions, piece by piece.

    Args:
        vae: The model.
        part: The rows.
        message: The message from above for the rows.
        seed: Seed of draws from the posteriors, which are then the codes; None: the codes are posterior means.
        write_z, write_x_hat: Functions that write the next rows; None: no reconstructions.

    Returns:
        The codes of all rows, and the spread of the posterior means of the known rows.
    """
    spread, found = Spread(), []
    for start, x in pieces(part.x):
        known = known_in(vae, x)
        above = None if message is None else message.rows(slice(start, start + len(x)))
        codes = infer_codes(vae, x, known, above, seed, decode=write_x_hat is not None)
        write_z(codes.z)
        if write_x_hat is not None and codes.x_hat is not None:
            write_x_hat(codes.x_hat)
        if known.any():
            spread.add(codes.z[known] if seed is None else vae.encode(x[known])[0])
        found.append(codes.z)
    return np.concatenate(found), spread


def draw_predictions(
    vae: models.VAE,
    part: Part,
    z: np.ndarray,
    spec: InputSpec,
    folder: ModuleFolder,
    mode: str,
    truth: Rows | None,
) -> None:
    """Draw the predictions for evenly spread missing rows, beside the true rows where they are given.

    Nothing is drawn for tables, nor where no missing row has a finite code.

    Args:
        vae: The model.
        part: The rows.
        z: Their codes, `(n, latent_dim)`.
        spec: What the model expects of observations.
        folder: Folder of the module.
        mode: Name of the mode.
        truth: The true rows, in the model's units, `(n, *data_shape)`; None: they are not known.
    """
    rows = np.flatnonzero(~known_in(vae, part.x) & np.isfinite(z).all(axis=1))
    if len(rows) == 0 or spec.table is not None:
        return
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), plots.COLUMNS)).astype(int))]
    predicted = spec.scaling.invert(vae.decode(z[rows].astype(np.float32)))
    real = None if truth is None else spec.scaling.invert(np.asarray(truth[rows], np.float32))
    if real is not None and not np.isfinite(real).all():
        real = None
    shown = predicted, part.names_of(rows), real, spec.axis
    folder.write_figure(f"predictions_{mode}", plots.predictions, *shown)
