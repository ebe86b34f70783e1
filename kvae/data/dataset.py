"""From a source to checked, scaled observations, split into learning and held-out rows."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data import checks
from kvae.data.bundled import read_digits, read_mnist
from kvae.data.columns import listed
from kvae.data.images import read_images
from kvae.data.labels import has_label, label_names, read_labels
from kvae.data.large import open_large
from kvae.data.parts import Data, Part, drawn, prepared, take
from kvae.data.scaling import learn_scaling
from kvae.data.spec import InputSpec
from kvae.data.stored import StoredRows
from kvae.data.tables import Raw, read_table
from kvae.data.text import TextFormat
from kvae.errors import InputError

if TYPE_CHECKING:
    from kvae.options.schema import DataConfig

log = logging.getLogger(__name__)


def load_data(
    config: "DataConfig", seed: int, spec: InputSpec | None = None, begun: InputSpec | None = None
) -> Data:
    """Read, check, split and scale the data that the config names.

    Draws, from `seed`, only where `binarize` is `dynamic`: the held-out rows once; so are the learning rows
    when there is a `spec`, while for learning they are left to the pipeline, which draws them anew.

    Args:
        config: The group `data`.
        seed: Source of the binarisation.
        spec: What a learnt model expects; None learns it from the learning rows.
        begun: What a run that goes on has learnt from: the same columns are taken, in its order.

    Raises:
        InputError: For anything wrong with the data.
    """
    raw = read_raw(config, spec or begun)
    checks.check_axes(raw.x, config)
    if spec is not None and spec.columns is None and raw.columns is not None:
        log.info("the run learnt columns without names; taken in their order: %s", listed(raw.columns))
    raw = limit_rows(raw, config.limit)
    checks.check_stored(raw, config)
    checks.check_labels(raw, config.labels or config.path)
    say_unlabelled(raw)
    shape = observation_shape(raw.x, config.shape)
    checks.check_numbers(raw.x, config, raw.columns, raw.lines)
    if raw.x_test is not None:
        checks.check_numbers(raw.x_test, config)
    if spec is not None:
        checks.check_shape(shape, spec.shape, config)
    train, test, held_out = split(raw, config, learning=spec is None)
    if spec is None and config.normal_label is not None:
        train = normal_rows(train, config, some=True)
        test = None if test is None else normal_rows(test, config)
        test = None if test is None or len(test) == 0 else test
        held_out = None
    train = replace(train, x=train.x.reshape(-1, *shape))
    chosen = spec or InputSpec(shape, learn_scaling(config.scale, train.x), config.binarize, raw.columns)
    train = prepared(train, chosen)
    if test is not None:
        test = prepared(replace(test, x=test.x.reshape(-1, *shape)), chosen)
        test = drawn(test, chosen, (seed, 0))
    data = Data(train, test, chosen, held_out)
    return data if spec is None else replace(data, train=data.drawn_train(seed))


def read_raw(config: "DataConfig", known: InputSpec | None = None) -> Raw:
    """The source that `data.name` says, as it is; its columns as they are `known`."""
    learnt = None if known is None else known.columns
    n_values = None if known is None else math.prod(known.shape)
    if config.name == "digits":
        return read_digits()
    if config.name in ("mnist", "fashion_mnist"):
        return read_mnist(config.name, config.path)
    if config.path is None:
        example = f"data={config.name} data.path={'photos' if config.name == 'images' else 'x.csv'}"
        raise InputError(f"data={config.name} needs data.path. For example: {example}")
    if config.labels is not None and config.label_column is not None:
        raise InputError(
            f"data.labels={config.labels} and data.label_column={config.label_column} both name labels. Leave "
            "one out (columns to learn are chosen with data.columns)"
        )
    if config.name == "images":
        size = (config.height, config.width, config.channels)
        background = 1.0 if config.background is None else config.background
        return read_images(
            config.path, *size, config.memory, config.cache, config.shuffle_rows, config.limit, background
        )
    raw = open_large(
        config.path,
        config.columns,
        config.label_column,
        config.memory,
        config.shuffle_rows,
        learnt,
        config.id_column,
        n_values,
    )
    if raw is None:
        raw = read_table(
            config.path,
            config.key,
            config.columns,
            config.label_column,
            config.header,
            learnt,
            config.id_column,
            text_format(config),
            n_values,
        )
    return raw if config.labels is None else replace(raw, labels=read_labels(config.labels))


def text_format(config: "DataConfig") -> TextFormat:
    """How a text file writes its table, as far as the config says."""
    signs = config.missing if isinstance(config.missing, list) else [config.missing]
    missing = None if config.missing is None else tuple(map(str, signs))
    return TextFormat(None, config.separator, config.decimal, config.thousands, config.encoding, missing)


def say_unlabelled(raw: Raw) -> None:
    """Say how many rows have no label: they are learnt, and left out of what is measured by labels."""
    missing = 0 if raw.labels is None else int(np.sum(~has_label(raw.labels)))
    if missing:
        log.info("%s of %s rows have no label; what labels measure leaves them out", missing, len(raw.x))


def limit_rows(raw: Raw, limit: int | None) -> Raw:
    """The first `limit` rows, and as many at most of the source's own held-out rows."""
    names = ("x", "labels", "x_test", "labels_test", "ids", "lines")
    parts = {name: getattr(raw, name) for name in names if getattr(raw, name) is not None}
    return replace(raw, **{name: take(part, slice(limit)) for name, part in parts.items()})


def observation_shape(x: np.ndarray, shape: Sequence[int] | None) -> tuple[int, ...]:
    """Shape of one observation: `data.shape`, or what the array has; images get a channel axis."""
    natural = x.shape[1:]
    chosen = tuple(natural if shape is None else shape)
    if math.prod(chosen) != math.prod(natural):
        raise InputError(
            f"data.shape={list(chosen)} asks for {math.prod(chosen)} columns. Received: {math.prod(natural)}"
        )
    return (*chosen, 1) if len(chosen) == 2 else chosen


def split(raw: Raw, config: "DataConfig", learning: bool) -> tuple[Part, Part | None, np.ndarray | None]:
    """Learning rows, held-out rows, and which are held out; recognition may have too few rows for a split."""
    if raw.x_test is not None:
        if config.test_fraction is not None:
            raise InputError(
                f"data={config.name} has held-out images of its own: data.test_fraction must be null. "
                f"Received: {config.test_fraction}"
            )
        return Part(raw.x, raw.labels), Part(raw.x_test, raw.labels_test), None
    whole = Part(raw.x, raw.labels, None, raw.ids, raw.id_name or "id")
    n_test = math.ceil(len(raw.x) * (config.test_fraction or 0.0))
    if n_test == 0 or (n_test >= len(raw.x) and not learning):
        return whole, None, None
    if n_test >= len(raw.x):
        raise InputError(
            f"data.test_fraction={config.test_fraction} of {len(raw.x)} rows leaves none to learn from; "
            "type data.test_fraction=0 to hold none out"
        )
    held_out = held_out_rows(len(raw.x), n_test, config.split)
    if config.split == "last":  # slices, so that a memory map stays one
        n = len(raw.x) - n_test
        return whole.of(slice(None, n)), whole.of(slice(n, None)), held_out
    return whole.of(~held_out), whole.of(held_out), held_out


def held_out_rows(n: int, n_test: int, how: str) -> np.ndarray:
    """Which of `n` rows are held out, as booleans: the last ones, or evenly spread over the data."""
    held_out = np.zeros(n, bool)
    if how == "last":
        held_out[n - n_test :] = True
    else:
        held_out[((np.arange(n_test) + 1) * n) // n_test - 1] = True
    return held_out


def normal_rows(part: Part, config: "DataConfig", some: bool = False) -> Part:
    """The rows whose label is `data.normal_label`; with `some` there must be one at least.

    Raises:
        InputError: When no learning row has it, there are no labels, or rows cannot be picked from their file.
    """
    label, labels = config.normal_label, part.labels
    if labels is None:
        raise InputError(
            f"data.normal_label={label} needs labels. Name them with data.labels or data.label_column"
        )
    names = label_names(labels)
    chosen = names == str(label)
    if some and not chosen.any():
        found = ", ".join(map(str, np.unique(names[has_label(labels)])[:20]))
        raise InputError(f"data.normal_label={label}: no learning row has it. There are: {found}")
    if isinstance(part.x, StoredRows) and not part.x.gathers:
        raise InputError(f"data.normal_label={label} needs the data in memory. Raise data.memory")
    return part.of(chosen)
