"""Sources of data, one per file, with its keys `Options` and `read(config, known)`, a `kvae.data.tables.Raw`.

`data._target_` names a function as a source of your own; its keys are the arguments of the function.
"""

import importlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.image_files import find_images
from kvae.data.labels import tidy_labels
from kvae.data.large import is_parquet_folder
from kvae.data.options import PACKAGE, DataConfig
from kvae.data.spec import InputSpec
from kvae.data.tables import Raw
from kvae.errors import InputError, in_short
from kvae.options.found import all_in, call_target


def read_raw(config: DataConfig, known: InputSpec | None = None) -> Raw:
    """The data of the source that a config names, unscaled; with `known`, the columns that were learnt.

    Raises:
        InputError: For anything wrong with the data, or an error in a source of the user's own.
    """
    target = getattr(config, "_target_", None)
    if target is None:
        return importlib.import_module(f"{__name__}.{config.name}").read(config, known)
    try:
        return as_raw(call_target(config, "data", config=config, known=known), target)
    except (ValueError, TypeError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"data._target_={target} failed: {in_short(error)}") from error


def as_raw(found: Any, target: str) -> Raw:
    """The result of a user's function as `Raw`: it may be a `Raw`, observations, or observations and labels."""
    if isinstance(found, Raw):
        return found
    must = f"data._target_={target} must return an array of rows, or such an array and its labels. Received"
    x, labels = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    try:
        x = np.asarray(x)
        labels = None if labels is None else tidy_labels(labels)
    except (ValueError, TypeError) as error:
        raise InputError(f"{must}: {type(found).__name__} ({in_short(error)})") from error
    if x.ndim < 1 or x.dtype.kind not in "biuf":
        raise InputError(f"{must}: {type(found).__name__}, as an array of shape {x.shape} and type {x.dtype}")
    return Raw(x, labels)


def at_path(path: Path, keys: dict[str, Any], mixed: bool = False) -> DataConfig:
    """The config of a table, or of a folder of images, at `path`, with those of `keys` that its source has.

    A folder of Parquet files without images is a table. `mixed` says that the table has columns of any kinds.
    """
    images = path.is_dir() and not mixed and (not is_parquet_folder(str(path)) or bool(find_images(path).files))
    fits = [one for one in all_in(PACKAGE) if (one.IS_FOLDER if images else one.IS_TABLE)]
    options = next(one for one in fits if one.IS_MIXED is mixed)
    known = {field.name for field in fields(options)} - {"path", "test_fraction"}
    return options(path=str(path), test_fraction=None, **{key: keys[key] for key in keys if key in known})
