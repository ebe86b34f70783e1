"""Runs in words: their state, data and model."""

from typing import Any

from kvae.report.text import plural
from kvae.runs import select

# A sign and words for every state of a run.
STATES = {
    "finished": ("✓", "finished"),
    "running": ("…", "still running"),
    "interrupted": ("◼", "not finished"),
}

# Modes that use no model, or the model in an archive.
WITHOUT_MODEL = ("inspect", "decompress")


def data_of(config: dict[str, Any]) -> str:
    """The data of a run: its file, or the name of its source."""
    return str(select(config, "data.path") or select(config, "data.name") or "")


def model_of(config: dict[str, Any]) -> str:
    """The model of a run, with its latent dimensions; empty where the config does not say which model it used."""
    if select(config, "mode.name") in WITHOUT_MODEL or select(config, "mode.run") is not None:
        return ""
    model = str(select(config, "model.encoder._target_") or "").rpartition(".")[2].removesuffix("_encoder")
    latent = select(config, "model.latent_dim")
    return f"{model}, {plural(latent, 'latent dimension')}" if isinstance(latent, int) else model
