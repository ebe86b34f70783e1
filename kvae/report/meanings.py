"""What every metric means: the one table of them, for people who read a number without the manual."""

import math
import re
from dataclasses import dataclass
from typing import Any

from kvae.process.logs import duration

NATS = "nats per observation"
HELD_OUT = "val_"
ROUND = re.compile(r"(?P<name>.+)_round(?P<round>[0-9]{1,9})")


@dataclass(frozen=True)
class Meaning:
    """A metric in words.

    Attributes:
        title: Its name as people say it.
        text: What it is, in one sentence.
        unit: Of its value; `%` of a share, `` of a number without one.
        better: `lower`, `higher`, or `` where neither is.
    """

    title: str
    text: str = ""
    unit: str = ""
    better: str = ""


# In the order in which they are shown. A mode that measures something else adds its line here.
METRICS = {
    "loss": Meaning(
        "Loss", "What is minimised: reconstruction + KL_param × kl, and regularization if any.", NATS, "lower"
    ),
    "reconstruction": Meaning(
        "Reconstruction", "Expected −log p(x|z): what the latent code leaves unsaid of an observation.", NATS,
        "lower",
    ),
    "kl": Meaning("KL divergence", "KL(q(z|x) ‖ prior): what the latent code says of an observation.", NATS),
    "regularization": Meaning(
        "Regularization", "What layers add to the loss, such as penalties on weights; no part of the bound, "
        "and in no score.", NATS,
    ),
    "bits_per_dim": Meaning(
        "Bits per dimension",
        "Reconstruction + kl per dimension of the data; of the held-out rows where a learnt run has some. "
        "Negative values are possible for continuous data.",
        "bits",
        "lower",
    ),
    "nll": Meaning(
        "Negative log-likelihood", "−log p(x), estimated by importance sampling; an upper bound on average.", NATS,
        "lower",
    ),
    "nll_se": Meaning("Standard error of nll", "How far the mean over these observations may be off.", NATS),
    "nll_bits_per_dim": Meaning(
        "nll in bits per dimension", "The same per dimension of the data.", "bits", "lower"
    ),
    "effective_samples": Meaning(
        "Effective samples", "How many of an observation's importance samples count; with few, nll is loose.",
        "samples", "higher",
    ),
    "mutual_information": Meaning(
        "Mutual information", "Of an observation and its code: how much codes tell apart; at most the log of the "
        "number of rows, 10,000 at most.", NATS, "higher",
    ),
    "aggregate_kl": Meaning(
        "Aggregate KL", "KL of all posteriors together to the prior: how much of the prior holds no data.", NATS,
        "lower",
    ),
    "mse": Meaning("Mean squared error", "Of reconstructions, per dimension, in the data's own units squared.", "",
                   "lower"),
    "psnr": Meaning("PSNR", "Peak signal-to-noise ratio of reconstructed images.", "dB", "higher"),
    "ssim": Meaning("SSIM", "Structural similarity of images and their reconstructions: 1 for the same.", "",
                    "higher"),
    "knn_accuracy": Meaning(
        "Neighbours' accuracy", "Share of rows whose label their five nearest codes name.", "%", "higher"
    ),
    "logistic_accuracy": Meaning(
        "Logistic accuracy", "Share of rows whose label a logistic regression on the codes names.", "%", "higher"
    ),
    "accuracy": Meaning(
        "Accuracy", "Share of rows whose class is their label, under the best one-to-one matching.", "%", "higher"
    ),
    "nmi": Meaning(
        "NMI", "Normalised mutual information of classes and labels: 0 for none, 1 for the same groups.", "",
        "higher",
    ),
    "ari": Meaning(
        "ARI", "Adjusted Rand index of classes and labels: 0 for chance, 1 for the same groups.", "", "higher"
    ),
    "roc_auc": Meaning(
        "ROC AUC", "Chance that an anomalous row scores above a normal one; 0.5 for guessing.", "", "higher"
    ),
    "average_precision": Meaning(
        "Average precision", "Mean precision over the recall of anomalous rows; their share for guessing.", "",
        "higher",
    ),
    "threshold": Meaning("Threshold", "The anomaly score above which a row is flagged.", "nats"),
    "anomalies": Meaning("Anomalies", "Rows above the threshold.", "rows"),
    "anomaly_share": Meaning("Share of anomalies", "Share of the rows above the threshold.", "%"),
    "precision": Meaning("Precision", "Share of the flagged rows that are anomalies.", "%", "higher"),
    "recall": Meaning("Recall", "Share of the anomalies that are flagged.", "%", "higher"),
    "n": Meaning("Generated", "", "observations"),
    "encoder_error": Meaning("Encoder's error", "Largest relative difference from the Keras model.", "", "lower"),
    "decoder_error": Meaning("Decoder's error", "Largest relative difference from the Keras model.", "", "lower"),
    "megabytes": Meaning("Size", "Of encoder and decoder together.", "MB", "lower"),
    "ratio": Meaning("Compression ratio", "Size of the data over the size of the archive.", "×", "higher"),
    "active_units": Meaning(
        "Active units", "Latent dimensions in use: their posterior mean varies by more than 0.01 (variance).",
        "dimensions",
    ),
    "small_components": Meaning(
        "Small components", "Components of the mixture with less than a tenth of an equal share of the rows.",
        "components",
    ),
    "seconds": Meaning("Time", "Of the mode's own work, compilation included.", "s", "lower"),
    "observations_per_second": Meaning("Speed", "Observations worked on in a second.", "per second", "higher"),
}  # fmt: skip


def meaning_of(name: str) -> Meaning:
    """What a metric means; of one that the table lacks, its name alone."""
    own = METRICS.get(name) or METRICS.get(name.removeprefix(HELD_OUT))
    return own or Meaning(name.replace("_", " "))


def in_order(name: str) -> int:
    """Where a metric stands among others; those that the table lacks come last, as they came."""
    names = list(METRICS)
    name = name.removeprefix(HELD_OUT)
    return names.index(name) if name in METRICS else len(names)


def readable(name: str, value: Any) -> tuple[str, str]:
    """The figure and the unit of a metric, as people read them."""
    unit = meaning_of(name).unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value), ""
    if not math.isfinite(value):
        return "not finite" if math.isnan(value) else f"{value}".replace("inf", "∞"), unit
    if unit == "s" and value >= 120:
        return duration(value), ""
    if unit == "s" and value >= 1:
        return f"{value:.1f}", unit
    if unit == "%":
        return f"{100 * value:.1f}", unit
    return number(value), unit


def number(value: float) -> str:
    """A number in five digits or so, with thousands set off."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if 0 < size < 0.001:
        return f"{value:.3g}"
    return f"{value:.1f}" if size >= 100 else f"{value:.2f}" if size >= 10 else f"{value:.3f}"
