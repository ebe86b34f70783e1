"""Write `model.keras`, with the same bytes for the same run, and read it without running code from it."""

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
# Number of values that a model may have in addition to those in its file, such as counters.
SPARE = 1000
LOADING = threading.Lock()


def save_vae(vae: VAE, path: Path) -> None:
    """Write a model as a `.keras` file; two runs with the same config write the same bytes.

    Raises:
        WriteError: When the file cannot be written.
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
    """Copy a `.keras` file without what differs between equal runs: times, and memory addresses as object ids.

    The copy has kvae's format version in its metadata, beside the version of Keras.
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
    """A Keras config whose shared objects are numbered in the order in which they appear."""
    if isinstance(config, list):
        return [renumbered(value, numbers) for value in config]
    if not isinstance(config, dict):
        return config
    return {
        key: numbers.setdefault(value, len(numbers)) if key == "shared_object_id" else renumbered(value, numbers)
        for key, value in config.items()
    }


def load_vae(path: Path | str) -> VAE:
    """Load the VAE in a `model.keras` in Keras's safe mode.

    No code from the file runs, nothing is unpacked to disk, and the model takes no more memory than its stored
    weights.

    Raises:
        InputError: When the file is missing, damaged, malicious, or holds another kind of model.
    """
    vae = load_model(Path(path))
    if not isinstance(vae, VAE):
        raise InputError(f"{path} must hold a kvae.VAE. Received: {type(vae).__name__}")
    return vae


def load_model(path: Path) -> keras.Model:
    """Load the model in a `.keras` file, as safely as `load_vae`.

    Raises:
        LaterVersionError: For a file that a later kvae has written.
        InputError: When the file is missing, damaged, malicious, or holds no model.
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
    except Exception as error:  # Keras raises many kinds of errors for a damaged file
        text = " ".join(
            str(error).rpartition("Exception encountered: ")[2].split()
        )  # the cause, without the config
        raise InputError(f"{path} is no model that can be read: {text[:300]}") from error
    return model


def check_archive(path: Path) -> int:
    """Check a `.keras` file before it is loaded; the number of values that it stores.

    Raises:
        LaterVersionError: For a file that a later kvae has written.
        ValueError: For members that Keras does not write, or that unpack to far more memory than they take.
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
    """The format version in a `.keras` file; None for a file that Keras itself has written."""
    if "metadata.json" not in archive.namelist():
        return None
    if archive.getinfo("metadata.json").file_size > CONFIG_BYTES:
        raise ValueError(f"its metadata.json is larger than {CONFIG_BYTES >> 20} MiB")
    return mapping(parse_json(archive.read("metadata.json")), "its metadata.json").get(NAME)


def count_values(group: h5py.Group, seen: set[Any] | None = None) -> int:
    """The number of values in all data sets of an HDF5 group and its subgroups.

    Raises:
        ValueError: For links, for data in other files or that unpacks to too much, and for a group that occurs
            twice: a few groups, each twice in the next, would take endless time.
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
        if where in seen:  # a second name of the same data: it has no more values
            continue
        seen.add(where)
        if item.external or item.is_virtual:
            raise ValueError(f"{item.name} is kept in another file")
        check_expansion(f"its {item.name} takes", item.size * item.dtype.itemsize, item.id.get_storage_size())
        n += item.size
    return n


@contextlib.contextmanager
def at_most(n: int) -> Iterator[None]:
    """Let new layers have about `n` values in all, and no more: a short config may ask for huge layers."""
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
