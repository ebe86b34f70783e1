"""What the files of a run folder hold, in words, for those who see them listed."""

from fnmatch import fnmatch
from pathlib import Path

CONTENTS = {
    "metrics.json": "what was measured; written last",
    "meanings.json": "what metrics mean that are not kvae's own",
    "run.json": "config, versions, git commit",
    "run.log": "what the run said",
    "job.json": "what the job of a sweep is, and how it ended",
    ".hydra/*": "what Hydra composed, and from which overrides",
    "*.keras": "the whole model, for Keras",
    "model.ckpt*.npz": "training state, for going on",
    "explorer.npz": "some observations, their codes and the decoder, which the explorer above is made of",
    "model*.npz": "what a module learnt, to go on from and to infer with",
    "columns.yaml": "what the columns of a table are taken for, to be changed: data.columns_file",
    "columns.json": "the columns of a table in figures, shown above",
    "input.json": "shape, scaling and columns of observations",
    "seconds.json": "time spent so far",
    "val_loss.txt": "losses of the held-out rows by iteration",
    "loss.txt": "losses by iteration",
    "rounds.txt": "a row per round of the message loop",
    "x_hat_*": "reconstructions, a row per observation",
    "z_*": "latent codes, a row per observation",
    "class_*": "classes, a row per observation",
    "Pdz_*": "class probabilities, a row per observation",
    "mu_*": "messages, a row per observation",
    "*.kvae": "archive of the observations: python -m kvae.compress info FILE",
    "bits_*": "net bits in the archive, a row per observation",
    "x_decompress*": "what the archive held, as it came in",
    "rows_decompress.txt": "which rows were restored, by their numbers in the archive",
    "cells_detect.csv": "cells that make rows anomalous, the most surprising first",
    "clusters_*": "a row per cluster of a table's rows: its columns, and how far each sets it apart",
    "acc_*": "share of rows whose class is their label",
    "*.png": "picture, shown above",
}


def content_of(path: Path) -> str:
    """What a file holds, by its path in the run folder; empty where it is not known."""
    texts = (text for name, text in CONTENTS.items() if fnmatch(path.name, name) or fnmatch(str(path), name))
    return next(texts, "")
