"""Descriptions of the files of a run folder, for the list of files in its report."""

from fnmatch import fnmatch
from pathlib import Path

CONTENTS = {
    "metrics.json": "what was measured; written last",
    "meanings.json": "descriptions of the metrics that are not kvae's own",
    "run.json": "config, versions, git commit",
    "run.log": "log of the run",
    "evaluate.json": "the metrics, and the KL and variance of each latent dimension",
    "job.json": "the job of a sweep: its overrides, and how it ended",
    ".hydra/*": "the config that Hydra composed, and the overrides",
    "*.keras": "the whole model, for Keras",
    "model.ckpt*.npz": "checkpoint, from which training resumes",
    "explorer.npz": "observations, their codes and the decoder of the explorer above",
    "model*.npz": "state of a module, for inference and to resume from",
    "columns.yaml": "kinds of the columns of a table; edit it and pass it as data.columns_file",
    "columns.json": "counts and examples of the columns, shown above",
    "input.json": "shape, scaling and columns of observations",
    "seconds.json": "training time so far",
    "val_loss.txt": "losses of the held-out rows by iteration",
    "loss.txt": "losses by iteration",
    "rounds.txt": "a row per round of the message loop",
    "x_hat_*": "reconstructions, a row per observation",
    "x_generate*": "new observations, a row each",
    "nll_*": "negative log-likelihood in nats, a row per observation",
    "score_*": "anomaly score in nats, a row per observation",
    "anomaly_*": "1 for a score above the threshold, else 0, a row per observation",
    "impute_uncertainty*": "the uncertainty of each filled value",
    "impute*.csv": "the table with values in its gaps",
    "export.json": "inputs and outputs of the exported networks, with their units and scaling",
    "*encoder/*": "the exported encoder",
    "*decoder/*": "the exported decoder",
    "z_*": "latent codes, a row per observation",
    "class_*": "classes, a row per observation",
    "Pdz_*": "class probabilities, a row per observation",
    "mu_*": "messages, a row per observation",
    "*.kvae": "archive of the observations: python -m kvae.compress info FILE",
    "bits_*": "net bits in the archive, a row per observation",
    "x_decompress*": "observations of the archive, in the form of the original data",
    "rows_decompress.txt": "numbers in the archive of the rows that were restored",
    "cells_detect.csv": "cells that make rows anomalous, the most surprising first",
    "clusters_*": "a row per cluster of a table's rows: its columns, and how far each sets it apart",
    "acc_*": "share of rows whose class matches their label",
    "*.png": "picture, shown above",
}


def content_of(path: Path) -> str:
    """The description of a file, by its path in the run folder; empty for an unknown file."""
    texts = (text for name, text in CONTENTS.items() if fnmatch(path.name, name) or fnmatch(str(path), name))
    return next(texts, "")
