"""What is measured on a learnt model."""

from kvae.metrics.classes import are_classes, clustering_metrics, confusion
from kvae.metrics.codes import ACTIVE_VARIANCE, Spread, active_units, information
from kvae.metrics.detection import detection_metrics
from kvae.metrics.images import psnr, ssim
from kvae.metrics.objectives import LARGER_IS_BETTER, bits_per_dim, objective_in
from kvae.metrics.probes import probe_accuracies

__all__ = [
    "ACTIVE_VARIANCE",
    "LARGER_IS_BETTER",
    "Spread",
    "active_units",
    "are_classes",
    "bits_per_dim",
    "clustering_metrics",
    "confusion",
    "detection_metrics",
    "information",
    "objective_in",
    "probe_accuracies",
    "psnr",
    "ssim",
]
