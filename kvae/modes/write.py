"""What learning and recognition both write: latent codes, reconstructions and their pictures."""

import logging
import math

import numpy as np

from kvae import plots
from kvae.artifacts import MANY_NUMBERS, ModuleFolder, RunFolder
from kvae.data import InputSpec, Part
from kvae.data.pipeline import evaluation_batches
from kvae.model import VAE

log = logging.getLogger(__name__)


def warn_if_large(part: Part, vae: VAE, folder: RunFolder) -> None:
    """Say beforehand when the reconstructions make a text file that is large and slow to read."""
    numbers = len(part) * math.prod(vae.data_shape)
    if folder.format == "txt" and numbers > MANY_NUMBERS:
        log.warning(
            "warning: the reconstructions are a text file of %s numbers; format=npy writes a smaller, faster one",
            f"{numbers:,}",
        )


def measure(vae: VAE, part: Part, prior: dict[str, np.ndarray] | None = None) -> dict[str, float]:
    """`loss`, `reconstruction` and `kl` of a part of the data under a message, in nats per observation."""
    metrics = vae.evaluate(evaluation_batches(part.x, prior=prior), verbose=0, return_dict=True)
    return {name: metrics[name] for name in ("loss", "reconstruction", "kl")}


def write_results(
    vae: VAE, part: Part, spec: InputSpec, folder: ModuleFolder, mode: str, latent: str = "mean"
) -> np.ndarray:
    """Write `z_{mode}`, `x_hat_{mode}` and their pictures; the posterior means `(n, latent_dim)`.

    Reconstructions are the means of p(x|z) at the posterior mean, in the data's own units. With
    `latent="sample"` the codes are one draw from each posterior, from the model's seed.
    """
    z_mean, _ = vae.encode(part.x)
    z = z_mean if latent == "mean" else vae.sample_posterior(part.x, seed=vae.seed)
    folder.write_rows(f"z_{mode}", z)
    x_hat = spec.scaling.invert(vae.decode(z_mean))
    folder.write_rows(f"x_hat_{mode}", x_hat)
    shown = np.linspace(0, len(part) - 1, min(plots.COLUMNS, len(part))).astype(int)
    x = spec.scaling.invert(part.x[shown])
    folder.write_figure(f"reconstructions_{mode}", plots.reconstructions(x, x_hat[shown], shown.tolist()))
    folder.write_figure(f"latent_{mode}", plots.latent_map(z, part.labels))
    return z_mean
