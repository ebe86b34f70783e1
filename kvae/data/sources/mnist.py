"""`data=mnist`: MNIST, 28 x 28, in [0, 1], with its 10,000 test images held out."""

import importlib
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np

from kvae.data.options import DataConfig
from kvae.data.original import AsCame
from kvae.data.original.arrays import ArrayRows, as_arrays
from kvae.data.tables import Raw, existing_file, one_line
from kvae.errors import InputError
from kvae.options.rules import NULL, Name, text
from kvae.runs.npy import UNREADABLE, open_npz

MNIST_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, kw_only=True)
class Options(DataConfig):
    """The keys of `data=mnist`."""

    name: Name = "mnist"
    path: Annotated[str | None, text("mnist.npz") | NULL] = None

    INK: ClassVar[bool] = True
    IN_UNIT_RANGE: ClassVar[bool] = True
    ONE_CLASS: ClassVar[str] = "experiment=one_class_mnist"


def read(config: Options, known: Any = None) -> Raw:
    """The images `(60000, 28, 28)` in [0, 1] with their labels, and the held-out images `(10000, 28, 28)`.

    They are read from `data.path`, a local `.npz` in Keras's layout, or without it from the file that Keras
    downloads once.

    Raises:
        InputError: When the file cannot be read, lacks an array, or cannot be downloaded.
    """
    x_train, y_train, x_test, y_test = arrays_of(config)
    unit = 255.0 if x_train.dtype == np.uint8 else 1.0
    came = AsCame(lambda: images_of(config), range(len(x_train)), unit)
    n = len(x_train) + len(x_test)
    came_test = replace(came, rows=range(len(x_train), n))
    return Raw(unit_range(x_train), y_train, unit_range(x_test), y_test, came=came, came_test=came_test)


def arrays_of(config: Options) -> list[np.ndarray]:
    """The arrays in the order of `MNIST_ARRAYS`."""
    return download_mnist(config.name) if config.path is None else read_mnist_file(config.path)


def images_of(config: Options) -> ArrayRows:
    """All images as the source has them, usually bytes: those to learn, then the held-out ones."""
    x_train, _, x_test, _ = arrays_of(config)
    return as_arrays(x_train, x_test)


def unit_range(images: np.ndarray) -> np.ndarray:
    """Images of bytes as floats in [0, 1]."""
    return images.astype(np.float32) / 255.0 if images.dtype == np.uint8 else images


def download_mnist(name: str) -> list[np.ndarray]:
    """The arrays of a data set of Keras in the order of `MNIST_ARRAYS`, downloaded once."""
    loader = importlib.import_module(f"keras.datasets.{name}")
    try:
        (x_train, y_train), (x_test, y_test) = loader.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise InputError(
            f"data={name} could not be downloaded, perhaps without a network ({one_line(error)[:120]}). "
            f"Give a local copy in Keras's layout: data.path=PATH/{name}.npz"
        ) from error
    return [x_train, y_train, x_test, y_test]


def read_mnist_file(path: str) -> list[np.ndarray]:
    """The arrays of a local file in the order of `MNIST_ARRAYS`."""
    file = existing_file(path)
    try:
        with open_npz(file) as arrays:
            missing = [name for name in MNIST_ARRAYS if name not in arrays]
            if missing:
                raise InputError(
                    f"data.path={path} must hold the arrays {', '.join(MNIST_ARRAYS)}. It holds: "
                    f"{', '.join(arrays.names)}. For another layout, type data=file"
                )
            return [arrays[name] for name in MNIST_ARRAYS]
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"data.path={path} cannot be read as .npz: {one_line(error)}") from error
