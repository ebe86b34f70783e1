"""The pictures of a run, in one style. Every function returns a matplotlib figure; none draws random numbers."""

from kvae.plots.calibration import calibration_categories, calibration_numbers
from kvae.plots.classes import confusion
from kvae.plots.clusters import cluster
from kvae.plots.compression import bits_per_row, compressors
from kvae.plots.detection import anomalies, score_histogram
from kvae.plots.evaluation import kl_per_dim, traversal
from kvae.plots.experts import told
from kvae.plots.generated import generated
from kvae.plots.generated_table import generated_table
from kvae.plots.imputed import imputed_columns
from kvae.plots.latent import MANY_POINTS, in_the_plane, latent_map
from kvae.plots.mixed_rows import ROWS, table_reconstructions, table_samples
from kvae.plots.mixed_traversal import table_traversal
from kvae.plots.naming import naming, recalled
from kvae.plots.network import network
from kvae.plots.observations import COLUMNS, components, is_image, reconstructions, samples, show_image
from kvae.plots.predictions import predictions
from kvae.plots.rate_distortion import Point, rate_distortion, rate_distortion_of_runs
from kvae.plots.style import PALETTE, figure, ink, legend, whole_numbers
from kvae.plots.table_cells import cells
from kvae.plots.table_trends import trends
from kvae.plots.text import name_of
from kvae.plots.topics import topics
from kvae.plots.training import accuracy, loss_curve, rounds
from kvae.plots.transitions import transitions
from kvae.runs.captions import Caption, shows

__all__ = [
    "COLUMNS",
    "MANY_POINTS",
    "PALETTE",
    "ROWS",
    "Caption",
    "Point",
    "accuracy",
    "anomalies",
    "bits_per_row",
    "calibration_categories",
    "calibration_numbers",
    "cells",
    "cluster",
    "components",
    "compressors",
    "confusion",
    "figure",
    "generated",
    "generated_table",
    "imputed_columns",
    "in_the_plane",
    "ink",
    "is_image",
    "kl_per_dim",
    "latent_map",
    "legend",
    "loss_curve",
    "name_of",
    "naming",
    "network",
    "predictions",
    "rate_distortion",
    "rate_distortion_of_runs",
    "recalled",
    "reconstructions",
    "rounds",
    "samples",
    "score_histogram",
    "show_image",
    "shows",
    "table_reconstructions",
    "table_samples",
    "table_traversal",
    "told",
    "topics",
    "transitions",
    "traversal",
    "trends",
    "whole_numbers",
]
