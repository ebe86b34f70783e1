"""From a source to checked, scaled observations, split into learning and held-out rows."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kvae.data import checks
from kvae.data.columns import listed
from kvae.data.labels import has_label, is_label, label_names
from kvae.data.looking import numbers_in_passing
from kvae.data.modality import Modality
from kvae.data.options import DataConfig
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.data.parts import Data, Part, drawn, prepared, take, with_gaps
from kvae.data.precision import warn_of_coarse
from kvae.data.scaling import learn_scaling
from kvae.data.shape import check_shape
from kvae.data.sources import read_raw
from kvae.data.spec import InputSpec
from kvae.data.stored import StoredRows
from kvae.data.table.codings import with_codings
from kvae.data.tables import Raw
from kvae.errors import InputError

log = logging.getLogger(__name__)


def load_data(
    config: DataConfig,
    seed: int,
    spec: InputSpec | None = None,
    begun: InputSpec | None = None,
    as_came: bool = False,
    modality: Modality | None = None,
    in_passing: bool = False,
) -> Data:
    """Read, check, split and scale the data that the config names.

    Draws random numbers only where `binarize` is `dynamic`: it binarises the held-out rows once, and with a
    `spec` the learning rows too. Without a `spec` training binarises the learning rows anew in each iteration.

    Args:
        config: The group `data`.
        seed: Seed of the binarisation.
        spec: What a learnt model expects; None learns it from the learning rows.
        begun: The spec of a run that is resumed: the same columns are taken, in its order.
        as_came: Whether the parts also give access to their rows as the source has them (`Part.came`).
        modality: Which rows of a network have this kind of data, and how its images are rotated and cropped.
        in_passing: Whether the numbers of streamed rows are checked when they are read, not before
            (`kvae.data.looking`).

    Raises:
        InputError: For anything wrong with the data.
    """
    known = spec or begun
    checks.check_mixed(config, known)
    raw = read_raw(config, known)
    if modality is not None:
        raw = modality.of(raw, config)
    raw = with_rows_as_came(raw) if as_came else replace(raw, came=None, came_test=None)
    checks.check_axes(raw.x, config)
    if spec is not None and spec.columns is None and raw.columns is not None:
        log.info("the run learnt columns without names; taken in their order: %s", listed(raw.columns))
    checks.check_labels(raw, config.labels_in, config.limit)
    raw = limit_rows(raw, config.limit)
    checks.check_stored(raw, config)
    say_unlabelled(raw)
    as_it_is = modality is not None and not modality.keeps_shape  # `data.shape` was applied before the crop
    shape = observation_shape(raw.x, None if as_it_is else config.shape)
    signal = config.signal_of(shape)
    if in_passing and isinstance(raw.x, StoredRows) and raw.table is None and raw.x_test is None:
        raw = numbers_in_passing(raw, config)
    elif raw.table is None or not isinstance(raw.x, StoredRows):  # the source of a stored table has checked it
        checks.check_numbers(raw.x, config, raw.columns, raw.lines, gaps=raw.table is not None)
    if raw.x_test is not None:
        checks.check_numbers(raw.x_test, config)
    if spec is not None:
        check_shape(shape, spec.shape, config)
    train, test, held_out = split(raw, config, learning=spec is None)
    if spec is None and config.normal_label is not None:
        train = normal_rows(train, config, some=True)
        test = None if test is None else normal_rows(test, config)
        test = None if test is None or len(test) == 0 else test
        held_out = None
    train = replace(train, x=train.x.reshape(-1, *shape))
    chosen = spec or replace(learn_spec(config, raw, train, begun), signal=signal)
    if spec is not None and signal not in (None, spec.signal):
        log.info(
            "data.kind, data.rate and data.unit have no effect here: pictures use the values of the learnt run"
        )
    train = in_units(train, chosen, config, learnt=spec is not None)
    if test is not None:
        test = in_units(replace(test, x=test.x.reshape(-1, *shape)), chosen, config, learnt=spec is not None)
        test = drawn(test, chosen, (seed, 0))
    data = Data(train, test, chosen, held_out)
    return data if spec is None else replace(data, train=data.drawn_train(seed))


def in_units(part: Part, spec: InputSpec, config: DataConfig, learnt: bool) -> Part:
    """`part` in the model's units."""
    part = with_gaps(part)
    checks.check_binary(part.x, spec, config, learnt)
    own = part.x if learnt and spec.table is None and isinstance(part.x, np.ndarray) else None
    return replace(prepared(part, spec), own=own)


def learn_spec(config: DataConfig, raw: Raw, train: Part, begun: InputSpec | None) -> InputSpec:
    """What a model must know of its input, learnt on the learning rows."""
    table, x = raw.table, train.x if train.there is None else train.x[train.there]
    if table is not None and (begun is None or begun.table is None):
        table = with_codings(table, x)
    if table is None:
        warn_of_coarse(x, raw.columns, config.called)
    scaling = learn_scaling(config.scale, x)
    return InputSpec(
        x.shape[1:], scaling, config.binarize, raw.columns, table, missing_signs=raw.missing_signs, text=raw.text
    )


def say_unlabelled(raw: Raw) -> None:
    """Log how many rows have no label: they are learnt, but metrics that need labels leave them out."""
    missing = 0 if raw.labels is None else int(np.sum(~has_label(raw.labels)))
    if missing:
        log.info("%s of %s rows have no label; metrics that need labels leave them out", missing, len(raw.x))


def with_rows_as_came(raw: Raw) -> Raw:
    """`raw` with `came` set: where its source gives none, the rows as the source has them are `x` itself."""
    if raw.came is not None:
        return raw
    n, (x, x_test) = len(raw.x), (raw.x, raw.x_test)
    came = AsCame(lambda: as_arrays(x, x_test), range(n))
    return replace(
        raw, came=came, came_test=None if x_test is None else replace(came, rows=range(n, n + len(x_test)))
    )


def limit_rows(raw: Raw, limit: int | None) -> Raw:
    """The first `limit` rows, and as many at most of the source's own held-out rows."""
    names = ("x", "labels", "x_test", "labels_test", "ids", "lines", "came", "came_test", "there")
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


def split(raw: Raw, config: DataConfig, learning: bool) -> tuple[Part, Part | None, np.ndarray | None]:
    """Learning rows, held-out rows, and which rows are held out.

    With a learnt model (`learning` is False) rows too few for a split all become learning rows.
    """
    if raw.x_test is not None:
        if config.test_fraction is not None:
            raise InputError(
                f"{config.called} has held-out images of its own: data.test_fraction must be null. "
                f"Received: {config.test_fraction}"
            )
        test = Part(raw.x_test, raw.labels_test, came=raw.came_test)
        return Part(raw.x, raw.labels, came=raw.came), test, None
    whole = Part(raw.x, raw.labels, None, raw.ids, raw.id_name or "id", raw.came, raw.there)
    n_test = math.ceil(len(raw.x) * (config.test_fraction or 0.0))
    if n_test == 0 or (n_test >= len(raw.x) and not learning):
        return whole, None, None
    if n_test >= len(raw.x):
        raise InputError(
            f"data.test_fraction={config.test_fraction} of {len(raw.x)} rows leaves none to learn from; "
            "type data.test_fraction=0 to hold none out"
        )
    held_out = held_out_rows(len(raw.x), n_test, config.split)
    if config.split == "last":  # slices, so that a memory map is not copied into memory
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


def normal_rows(part: Part, config: DataConfig, some: bool = False) -> Part:
    """The rows whose label is `data.normal_label`; with `some` there must be one at least.

    Raises:
        InputError: When no learning row has it, there are no labels, or rows cannot be picked from their file.
    """
    label, labels = config.normal_label, part.labels
    assert label is not None
    if labels is None:
        raise InputError(
            f"data.normal_label={label} needs labels. Name them with data.labels or data.label_column"
        )
    chosen = is_label(labels, label)
    if some and not chosen.any():
        found = ", ".join(map(str, np.unique(label_names(labels)[has_label(labels)])[:20]))
        raise InputError(f"data.normal_label={label}: no learning row has this label. The labels are: {found}")
    return picked(part, chosen, label)


def picked(part: Part, chosen: np.ndarray, label: str | int | bool) -> Part:
    """The rows of `part` that are `chosen`, booleans `(n,)`, by the `data.normal_label` of a run.

    Raises:
        InputError: When rows cannot be picked from their file.
    """
    if isinstance(part.x, StoredRows) and not part.x.gathers:
        raise InputError(f"data.normal_label={label} needs the data in memory. Raise data.memory")
    return part.of(chosen)
