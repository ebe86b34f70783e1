"""`model.keras`, written whole and the same to the byte from run to run, and read without running code from it."""

import contextlib
import json
import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from kvae.errors import InputError, LaterVersionError
from kvae.model import VAE
from kvae.runs.files import part_of, whole_file
from kvae.runs.forms import mapping, parse_json
from kvae.runs.npy import check_expansion
from kvae.runs.plain import create, open_plain
from kvae.runs.saved_config import check_saved_config, check_size
from kvae.runs.version import MODEL, NAME, check_version

MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
CONFIG_BYTES = 2**24
# Weights that a model may have beside those in its file, such as counters.
SPARE = 1000
LOADING = threading.Lock()


def save_vae(vae: VAE, path: Path) -> None:
    """Write a model for Keras, the same to the byte for two runs with one config.

    Raises:
        WriteError: When the disk or the folder does not take it.
    """
    saved = part_of(path.with_name(f"saved-{path.name}"))
    with whole_file(path) as part:
        try:
            create(saved)
            vae.save(saved)
            normalise(saved, part)
        finally:
            saved.unlink(missing_ok=True)


def normalise(source: Path, target: Path) -> None:
    """Copy a `.keras` file without what differs from run to run: times, and objects' places in memory.

    It gets kvae's format version, beside the version of Keras.
    """
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "metadata.json":
                kept = {key: value for key, value in json.loads(content).items() if key != "date_saved"}
                content = json.dumps({NAME: MODEL} | kept).encode()
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


def load_vae(path: Path | str) -> VAE:
    """The VAE in a `model.keras`, read in Keras's safe mode and within the memory that its weights take.

    No code from the file runs, and nothing is unpacked to disk.

    Raises:
        InputError: When the file is missing, damaged, of another kind, or made to do harm.
    """
    vae = load_model(Path(path))
    if not isinstance(vae, VAE):
        raise InputError(f"{path} must hold a kvae.VAE. Received: {type(vae).__name__}")
    return vae


def load_model(path: Path) -> keras.Model:
    """The model in a `.keras` file, read as `load_vae` does.

    Raises:
        InputError: When the file is missing, damaged, no model, or made to do harm.
    """
    try:
        n_stored = check_archive(path)
        with at_most(n_stored):
            model = keras.saving.load_model(path, safe_mode=True)
        if isinstance(model, VAE):
            check_size([model.encoder, model.decoder], model.n_samples)
        else:
            check_size([model])
    except LaterVersionError:
        raise
    except Exception as error:  # Keras raises many kinds for a damaged file; none of them is the user's to read.
        text = " ".join(
            str(error).rpartition("Exception encountered: ")[2].split()
        )  # the cause, without the config
        raise InputError(f"{path} is no model that can be read: {text[:300]}") from error
    return model


def check_archive(path: Path) -> int:
    """The number of values that a `.keras` file stores.

    Raises:
        LaterVersionError: For one that a later kvae has written.
        ValueError: For members that are not Keras's, or that take far more memory than is stored.
    """
    with open_plain(path) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.filename not in MEMBERS:
                raise ValueError(f"{info.filename!r} is no part of a model; there are {', '.join(MEMBERS)}")
            check_expansion(f"its {info.filename} takes", info.file_size, info.compress_size)
        if archive.getinfo("config.json").file_size > CONFIG_BYTES:
            raise ValueError(f"its config.json is larger than {CONFIG_BYTES >> 20} MiB")
        check_version(path, version_in(archive), MODEL)
        check_saved_config(archive.read("config.json"))
        with archive.open("model.weights.h5") as stored, h5py.File(stored, "r") as weights:
            return count_values(weights)


def version_in(archive: zipfile.ZipFile) -> Any:
    """The format version that a `.keras` file says it has; None of one that Keras itself has written."""
    if "metadata.json" not in archive.namelist():
        return None
    if archive.getinfo("metadata.json").file_size > CONFIG_BYTES:
        raise ValueError(f"its metadata.json is larger than {CONFIG_BYTES >> 20} MiB")
    return mapping(parse_json(archive.read("metadata.json")), "its metadata.json").get(NAME)


def count_values(group: h5py.Group, seen: set[Any] | None = None) -> int:
    """The number of values in all data sets under a group; links to other files are not followed.

    Raises:
        ValueError: For links, data elsewhere or that unpacks to too much, and groups that are in several places:
            a few of them, each in the next twice, would be endless.
    """
    n, seen = 0, set() if seen is None else seen
    place = h5py.h5o.get_info(group.id).addr
    if place in seen:
        raise ValueError(f"{group.name} is in several places")
    seen.add(place)
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{group.name}/{name} is a link to another place")
        item = group[name]
        if isinstance(item, h5py.Group):
            n += count_values(item, seen)
            continue
        where = h5py.h5o.get_info(item.id).addr
        if where in seen:  # under a second name: there are no more values for it
            continue
        seen.add(where)
        if item.external or item.is_virtual:
            raise ValueError(f"{item.name} is kept in another file")
        check_expansion(f"its {item.name} takes", item.size * item.dtype.itemsize, item.id.get_storage_size())
        n += item.size
    return n


@contextlib.contextmanager
def at_most(n: int) -> Iterator[None]:
    """Let layers make `n` weights in all: a config of a few bytes may ask for layers of any size."""
    add_weight, left = keras.layers.Layer.add_weight, [n + SPARE]

    def add(self: keras.layers.Layer, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        left[0] -= math.prod(shape or ())
        if left[0] < 0:
            raise ValueError(f"its layers ask for more weights than the {n:,} that are stored")
        return add_weight(self, shape, *args, **kwargs)

    with LOADING:
        keras.layers.Layer.add_weight = add
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = add_weight
