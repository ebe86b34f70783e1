"""`model.keras`, written whole and the same to the byte from run to run, and read without running code from it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from kvae.errors import InputError
from kvae.files import whole_file
from kvae.model import VAE


def save_vae(vae: VAE, path: Path) -> None:
    """Write a model for Keras, the same to the byte for two runs with one config.

    Raises:
        WriteError: When the disk or the folder does not take it.
    """
    saved = path.with_name(f".saved-{path.name}")
    with whole_file(path) as part:
        try:
            vae.save(saved)
            normalise(saved, part)
        finally:
            saved.unlink(missing_ok=True)


def normalise(source: Path, target: Path) -> None:
    """Copy a `.keras` file without what differs from run to run: times, and objects' places in memory."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "metadata.json":
                kept = {key: value for key, value in json.loads(content).items() if key != "date_saved"}
                content = json.dumps(kept).encode()
            elif info.filename == "config.json":
                content = json.dumps(renumbered(json.loads(content), {})).encode()
            new.writestr(zipfile.ZipInfo(info.filename), content, info.compress_type)


def renumbered(config: Any, numbers: dict[int, int]) -> Any:
    """A Keras config whose shared objects are numbered in the order in which they come."""
    if isinstance(config, list):
        return [renumbered(value, numbers) for value in config]
    if not isinstance(config, dict):
        return config
    return {
        key: numbers.setdefault(value, len(numbers)) if key == "shared_object_id" else renumbered(value, numbers)
        for key, value in config.items()
    }


def load_vae(path: Path) -> VAE:
    """The VAE in a `model.keras`, read in Keras's safe mode: no code from the file runs.

    Raises:
        InputError: When the file is missing, damaged or of another kind.
    """
    try:
        vae = keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # Keras raises many kinds for a damaged file; none of them is the user's to read.
        text = " ".join(str(error).split())
        raise InputError(f"{path} is no model that can be read: {text[:300]}") from error
    if not isinstance(vae, VAE):
        raise InputError(f"{path} must hold a kvae.VAE. Received: {type(vae).__name__}")
    return vae
