"""Rows of a table: the product of one likelihood per column, each in the column's unit, without missing values.

One class, which is long because all its methods take columns to groups and back to their positions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.columns.base import ColumnLikelihood, constant
from kvae.likelihoods.columns.categories import OfCategories
from kvae.likelihoods.columns.lookup import class_of
from kvae.likelihoods.table_support import ColumnSupports
from kvae.table import Column

# Probabilities of categories that are computed at once.
AT_ONCE = 2**24


class Group(NamedTuple):
    """Columns that are computed together: their likelihood, their positions in a row, their parameters' slice."""

    likelihood: ColumnLikelihood
    places: list[int]
    params: slice


@keras.saving.register_keras_serializable(package="kvae")
class Table(Likelihood):
    """Independent columns given z, each with the likelihood that its `Column` names (`kvae.likelihoods.columns`).

        log p(x) = sum over the observed columns of log p_j(x_j)

    in nats and in the table's own units: a Gaussian column's density is per unit of the column. All columns have
    the same weight, so that with the KL this is an evidence lower bound. A missing value, NaN, adds nothing: the
    bound is then on the observed values (Nazabal et al. 2020, HI-VAE, equation 3). In a column with
    `missing="learn"` a missing value adds the log-probability of being missing, and every other value that of
    being observed.

    Args:
        columns: The columns, or their `Column.to_json()`.
        condition: Names of columns that the decoder gets beside the code (`kvae.networks.beside_code`): they add
            nothing, have no parameters, and are NaN in means and draws.

    Attributes:
        groups: Columns of one kind, which are computed together.
    """

    takes = "numbers"
    coded = False  # archives take one likelihood for all values, and here each column has its own

    def __init__(
        self, columns: Sequence[Column | dict[str, Any]] = (), condition: Sequence[str] = (), **kwargs: Any
    ):
        if not columns:
            raise ValueError(
                "the likelihood 'table' needs the columns of a table: type data=table, which sets them, or pass "
                "likelihood=kvae.layers.Table(columns). Received: no columns"
            )
        super().__init__(**kwargs)
        as_columns = (one if isinstance(one, Column) else Column.from_json(one) for one in columns)
        self.columns = tuple(column.for_model() for column in as_columns)
        self.condition = tuple(condition)
        self.given = places_of(self.condition, [column.name for column in self.columns])
        self.learns_gaps = [
            j for j, column in enumerate(self.columns) if column.missing == "learn" and j not in self.given
        ]
        self.groups = list(grouped(self.columns, self.given))
        # Keras tracks and saves the weights of layers that are in a list of an attribute.
        self.parts = [group.likelihood for group in self.groups]
        self.order = [*(j for group in self.groups for j in group.places), *self.given]
        self.first_gap = self.groups[-1].params.stop
        fills = [*(part.fill for part in self.parts), np.zeros(len(self.given))]
        self.fill = np.concatenate(fills)[np.argsort(self.order)]
        missing = np.array([self.columns[j].coding.get("missing", 0.1) for j in self.learns_gaps])
        self.begin_gaps = np.log(np.clip(missing, 1e-4, 1 - 1e-4)) - np.log1p(-np.clip(missing, 1e-4, 1 - 1e-4))
        self.built = True

    @property
    def support(self) -> ColumnSupports:  # type: ignore[override]
        return ColumnSupports.of_columns(self.columns)

    @property
    def widest(self) -> int:
        """The most numbers per row of the decoder's output that `log_prob` holds at once."""
        return max(self.first_gap + len(self.learns_gaps), *(part.held for part in self.parts))

    def param_shape(self, data_shape: tuple[int, ...]) -> tuple[int, ...]:
        """`(n_params,)`: the parameters of the columns, group by group, then a logit per column that learns gaps.

        Raises:
            ValueError: When observations are not rows of this table.
        """
        if tuple(data_shape) != (len(self.columns),):
            raise ValueError(
                f"the likelihood 'table' takes rows of {len(self.columns)} columns. Received: observations of "
                f"shape {tuple(data_shape)}"
            )
        return (self.first_gap + len(self.learns_gaps),)

    def log_prob(self, x: Tensor, params: Tensor) -> Tensor:
        values, there = self.values_and_where(x, params)
        log_p = ops.sum(self.log_values(values, there, params), axis=-1)
        return log_p if not self.learns_gaps else log_p + ops.sum(self.log_gaps(there, params), axis=-1)

    def log_prob_per_column(self, x: Tensor, params: Tensor) -> Tensor:
        """What every column adds to `log_prob`, in nats: 0 where a value is missing and gaps are not learnt.

        Args:
            x: Rows, `(batch, n_columns)`, NaN where a value is missing.
            params: The decoder's output, `(batch, n_params)` or `(n_samples, batch, n_params)`.

        Returns:
            `(batch, n_columns)` or `(n_samples, batch, n_columns)`.
        """
        values, there = self.values_and_where(x, params)
        log_p = self.in_order([self.log_values(values, there, params)], 0.0)
        return log_p if not self.learns_gaps else log_p + self.log_gaps(there, params)

    def values_and_where(self, x: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Rows with `fill` in place of NaN, and where values are observed."""
        x = ops.cast(ops.convert_to_tensor(x), like.dtype)
        there = ops.logical_not(ops.isnan(x))
        # NaN is replaced before anything is computed, so that gradients stay finite.
        return ops.where(there, x, constant(self.fill, x)), there

    def log_values(self, x: Tensor, there: Tensor, params: Tensor) -> Tensor:
        """The log-densities of all values, 0 where one is missing, in the order of the groups."""
        # One split: the gradient of a slice is as wide as all parameters.
        own = ops.split(params, [group.params.stop for group in self.groups], axis=-1)
        found = []
        for group, part in zip(self.groups, own, strict=False):
            values = of_places(x, group.places)
            found.append(group.likelihood.log_density_of(values, self.begun(group, part)))
        places = [j for group in self.groups for j in group.places]
        return ops.where(of_places(there, places), ops.concatenate(found, axis=-1), 0.0)

    def log_gaps(self, there: Tensor, params: Tensor) -> Tensor:
        """Log-probability of learnt gaps and of values where gaps are learnt, at their columns' positions."""
        logits = self.gap_logits(params)
        signed = ops.where(ops.take(there, self.learns_gaps, axis=-1), -logits, logits)
        return ops.matmul(ops.log_sigmoid(signed), self.places_of_gaps(logits))

    def gap_logits(self, params: Tensor) -> Tensor:
        """Logits of being missing, for the columns that learn it."""
        return params[..., self.first_gap :] + constant(self.begin_gaps, params)

    def places_of_gaps(self, like: Tensor) -> Tensor:
        """The matrix that moves numbers of those columns to their positions in a row, `(n_learnt, n_columns)`."""
        return constant(np.eye(len(self.columns))[self.learns_gaps], like)

    def of_group(self, group: Group, params: Tensor) -> tuple[Tensor, ...]:
        """The parameters of a group's columns, for its likelihood."""
        return group.likelihood.parameters(self.begun(group, params[..., group.params]))

    def begun(self, group: Group, own: Tensor) -> Tensor:
        """The decoder's output for these columns plus `begin`, `(..., n_columns, n_params)`."""
        own = ops.reshape(own, (*ops.shape(own)[:-1], len(group.places), group.likelihood.n_params))
        return own + constant(group.likelihood.begin, own)

    def mean(self, params: Tensor, places: Sequence[int] | None = None) -> Tensor:
        """Means of numbers, the most probable categories, `(..., n_columns)`; nothing is missing.

        Only the columns at `places` are needed; None: all. Others may be NaN: the most probable of very many
        categories takes long to find.
        """
        found = [
            group.likelihood.mean(*self.of_group(group, params))
            if has_any(group, places)
            else ops.repeat(ops.full_like(params[..., :1], np.nan), len(group.places), axis=-1)
            for group in self.groups
        ]
        return self.in_order(found, np.nan)

    def mean_of_numbers(self, params: Tensor) -> Tensor:
        """Means of numbers, NaN for categories, `(..., n_columns)`."""
        return self.mean(params, [j for j, column in enumerate(self.columns) if column.is_number])

    def in_order(self, found: list[Tensor], given: float) -> Tensor:
        """The results of the groups in the columns' order, with the number `given` in columns of the condition."""
        if self.given:
            found = [*found, ops.full_like(ops.repeat(found[0][..., :1], len(self.given), axis=-1), given)]
        return ops.take(ops.concatenate(found, axis=-1), np.argsort(self.order), axis=-1)

    def sample(self, params: np.ndarray, rng: np.random.Generator, gaps: bool = True) -> np.ndarray:
        """One draw per row of the decoder's output, `(..., n_columns)`; NumPy in and out. Draws from `rng`.

        Args:
            params: The decoder's output, `(..., n_params)`.
            rng: Source of the draws.
            gaps: Whether learnt gaps are drawn, as NaN; False gives a value everywhere, and the same values.
        """
        params = np.asarray(ops.convert_to_numpy(params))
        x = np.full((*params.shape[:-1], len(self.columns)), np.nan, params.dtype)
        for group in self.groups:
            drawn = group.likelihood.sample(rng, *self.in_numpy(group, params))
            x[..., group.places] = np.clip(drawn, -3.4e38, 3.4e38)
        missing = self.p_missing(params)
        if self.learns_gaps and gaps:
            x[rng.random(x.shape) < missing] = np.nan
        return x

    def in_numpy(self, group: Group, params: np.ndarray) -> list[np.ndarray]:
        """`of_group` as NumPy arrays of double precision."""
        found = self.of_group(group, ops.convert_to_tensor(params))
        return [np.asarray(ops.convert_to_numpy(one), np.float64) for one in found]

    def p_missing(self, params: Tensor) -> np.ndarray:
        """Probabilities of being missing, `(..., n_columns)`; 0 in columns that do not learn it. NumPy out."""
        params = np.asarray(ops.convert_to_numpy(params))
        found = np.zeros((*params.shape[:-1], len(self.columns)), params.dtype)
        if self.learns_gaps:
            logits = self.gap_logits(ops.convert_to_tensor(params))
            found[..., self.learns_gaps] = ops.convert_to_numpy(ops.sigmoid(logits))
        return found

    def cdf(self, x: Tensor, params: Tensor, places: Sequence[int] | None = None) -> np.ndarray:
        """P(X <= x) of every column, `(..., n_columns)`, NaN where x is NaN; for categories by their numbers.

        Only the columns at `places` are needed, as in `mean`. NumPy out. `x` and the decoder's output `params`
        may have any axes before the last that broadcast.
        """
        x, params = np.asarray(ops.convert_to_numpy(x)), np.asarray(ops.convert_to_numpy(params))
        there = ~np.isnan(x)
        values = np.where(there, x, self.fill)
        shape = np.broadcast_shapes(x.shape[:-1], params.shape[:-1])
        found = np.full((*shape, len(self.columns)), np.nan)
        for group in self.groups:
            if has_any(group, places):
                own = values[..., group.places]
                found[..., group.places] = group.likelihood.cdf(own, *self.in_numpy(group, params))
        return np.where(there, found, np.nan)

    def probabilities(self, params: Tensor, place: int) -> np.ndarray:
        """Probabilities of the categories of the column at `place`, `(..., K)`. NumPy out.

        Raises:
            ValueError: For a column of numbers.
        """
        if place in self.given:
            raise ValueError(f"{self.columns[place].name!r} is a condition of the model, and has no probabilities")
        group = next(group for group in self.groups if place in group.places)
        params = np.asarray(ops.convert_to_numpy(params))
        n, own = self.columns[place].n_categories or 0, group.places.index(place)
        flat = params.reshape(-1, params.shape[-1])
        found = np.empty((len(flat), n), params.dtype)
        rows = max(1, AT_ONCE // max(1, n))
        for start in range(0, max(1, len(flat)), rows):
            part = ops.convert_to_tensor(flat[start : start + rows])
            log_p = group.likelihood.log_probabilities(*self.of_group(group, part))
            found[start : start + rows] = ops.convert_to_numpy(ops.exp(log_p[..., own, :n]))
        return found.reshape(*params.shape[:-1], n)

    def alone(self, place: int) -> tuple["Table", slice]:
        """The likelihood of only the column of numbers at `place`, and its parameters in the decoder's output.

        It learns no gaps. If one column of many is needed, the others are not computed.
        """
        group = next(group for group in self.groups if place in group.places)
        n = group.likelihood.n_params
        start = group.params.start + group.places.index(place) * n
        return Table((replace(self.columns[place], missing="ignore"),)), slice(start, start + n)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "columns": [column.to_json() for column in self.columns]}
        return {**config, "condition": list(self.condition)} if self.condition else config


def has_any(group: Group, places: Sequence[int] | None) -> bool:
    """Whether a group has one of the columns at `places`; None: any."""
    return places is None or not set(places).isdisjoint(group.places)


def of_places(x: Tensor, places: Sequence[int]) -> Tensor:
    """The columns of rows `(..., n_columns)` at `places`, `(..., n_places)`.

    Not by `ops.take`: XLA makes a transposed array of it, and transposes that in every loop that reads it.
    """
    index = ops.convert_to_tensor(np.asarray(places, np.int32))
    return ops.take_along_axis(x, ops.broadcast_to(index, (*ops.shape(x)[:-1], len(places))), axis=-1)


def places_of(condition: Sequence[str], names: Sequence[str]) -> tuple[int, ...]:
    """The positions of the columns of a condition.

    Raises:
        ValueError: For an unknown column, for one that is named twice, or when no column is left to be learnt.
    """
    unknown = [name for name in condition if name not in names]
    if unknown or isinstance(condition, str) or len(set(condition)) < len(condition):
        what = f"no column is called {unknown[0]!r}" if unknown else "a column is named twice"
        raise ValueError(f"`condition` must be a list of columns: {what}. There are: {', '.join(names)}")
    if len(condition) == len(names):
        raise ValueError("`condition` must leave a column to be learnt. Received: all of them")
    return tuple(sorted(names.index(name) for name in condition))


def check_suits(column: Column) -> None:
    """Raise ValueError for a likelihood of numbers where a column has categories, and for unfit keys."""
    name = column.likelihood["name"]
    kind = class_of(name)
    if not column.is_number and not issubclass(kind, OfCategories):
        raise ValueError(
            f"the likelihood {name} is for numbers, and the column {column.name!r} has categories: choose one for "
            "categories"
        )
    for key, value in column.likelihood.items():
        if key != "name" and key not in kind.keys:
            has = ", ".join(kind.keys) or "none"
            raise ValueError(f"the likelihood {name} of column {column.name!r} has no key {key}. It has: {has}")
        if key != "name" and not kind.keys[key].accepts(value):
            allowed = kind.keys[key].allowed
            raise ValueError(f"{key} of column {column.name!r} must be {allowed}. Received: {value!r}")


def grouped(columns: Sequence[Column], given: Sequence[int] = ()) -> Iterator[Group]:
    """The columns without those of the condition, in groups of one likelihood and one `bucket`.

    Raises:
        ValueError: For an unknown likelihood, or one that does not suit its column.
    """
    places: dict[Any, list[int]] = {}
    for j, column in enumerate(columns):
        if j in given:
            continue
        check_suits(column)
        name = column.likelihood["name"]
        places.setdefault((name, class_of(name).bucket(column)), []).append(j)
    start = 0
    for i, ((name, _), own) in enumerate(places.items()):
        likelihood = class_of(name)([columns[j] for j in own], name=f"{name}_{i}")
        stop = start + len(own) * likelihood.n_params
        yield Group(likelihood, own, slice(start, stop))
        start = stop
