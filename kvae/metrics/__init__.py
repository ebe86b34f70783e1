"""What is measured on a learnt model; each function declares what its metrics mean."""

from kvae.metrics.classes import are_classes, clustering_metrics, confusion
from kvae.metrics.codes import ACTIVE_VARIANCE, Spread, active_units, information
from kvae.metrics.detection import detection_metrics, flag_metrics
from kvae.metrics.losses import bits_per_dim
from kvae.metrics.meaning import Meaning, larger_is_better, meaning_of, measures
from kvae.metrics.objectives import objective_in
from kvae.metrics.probes import probe_accuracies
from kvae.metrics.reconstructions import mse, psnr, ssim

__all__ = [
    "ACTIVE_VARIANCE",
    "Meaning",
    "Spread",
    "active_units",
    "are_classes",
    "bits_per_dim",
    "clustering_metrics",
    "confusion",
    "detection_metrics",
    "flag_metrics",
    "information",
    "larger_is_better",
    "meaning_of",
    "measures",
    "mse",
    "objective_in",
    "probe_accuracies",
    "psnr",
    "ssim",
]
