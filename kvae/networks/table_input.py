"""The first layer of an encoder of tables: numbers and categories with missing values become features."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.layers import standard_normal
from kvae.likelihoods.columns.knots import Knots
from kvae.options.arguments import check_seed
from kvae.table import Column
from kvae.table.rare import Slots

Tensor = Any

# Standard deviations at which the codes of numbers are clipped.
FURTHEST = 8.0
# The widest embedding.
WIDEST = 24


@keras.saving.register_keras_serializable(package="kvae")
class TableInput(keras.layers.Layer):
    """Map rows of a table `(batch, n_columns)` to features `(batch, n_features)` without NaN.

    Numbers are coded (`kvae.table.coding`), categories embedded in `embedding_width(K)` numbers, and all rare ones
    of a column (`kvae.table.rare`) in the same. Both are 0 where a value is missing. A mask follows them, 1 for
    every value that is not missing. In training the layer hides cells as well, in every row a share drawn from
    [0, `hide`], so that the encoder learns to infer codes from rows with missing values (as Ma et al. 2019, EDDI;
    Ivanov et al. 2019, VAEAC). The likelihood counts the hidden values.

    Args:
        columns: The columns, as `Column`s or as the dictionaries of `Column.to_json`.
        hide: The largest share of cells that is hidden, 0 <= hide < 1; 0 hides none and draws no random numbers.
        seed: Seed of the initial embeddings and of the hidden cells; the generator's state is saved with the
            weights.

    Call arguments:
        x: Rows, NaN where a value is missing.
        training: Whether to hide cells.
    """

    rowwise = True  # see `kvae.networks.rowwise`

    def __init__(
        self, columns: Sequence[Column | dict[str, Any]], hide: float = 0.0, seed: int | None = None, **kwargs: Any
    ):
        if isinstance(hide, bool) or not isinstance(hide, int | float | np.number) or not 0.0 <= hide < 1.0:
            raise ValueError(f"`hide` must be a number in [0, 1). Received: hide={hide!r}")
        check_seed(seed)
        # Half precision would round the numbers of categories. The layers after this one may use it.
        super().__init__(**{**kwargs, "dtype": keras.config.floatx(), "autocast": False})
        as_columns = (one if isinstance(one, Column) else Column.from_json(one) for one in columns)
        self.columns = tuple(column.for_model() for column in as_columns)
        self.hide, self.seed = float(hide), seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.numbers = [j for j, column in enumerate(self.columns) if column.is_number]
        self.knots = Knots([self.columns[j] for j in self.numbers]) if self.numbers else None
        self.slots = {j: Slots.of_column(one) for j, one in enumerate(self.columns) if not one.is_number}
        self.tables = [self.embedding(width, places) for width, places in widths(self.columns).items()]
        self.built = True

    def embedding(self, width: int, places: list[int]) -> tuple[keras.Variable, list[int], np.ndarray]:
        """The embeddings of all columns of one width in one table, their positions, and their first rows in it."""
        counts = [self.slots[j].n for j in places]
        start = np.concatenate([[0], np.cumsum(counts)[:-1]])
        seed = None if self.seed is None else self.seed + width

        def begin(shape: Any, dtype: Any = None) -> Tensor:
            table = np.random.default_rng(seed).normal(size=shape)
            for first, count in zip(start, counts, strict=True):
                if count <= width:  # as good as one-hot
                    table[first : first + count] = np.eye(count, width)
            return ops.convert_to_tensor(table, dtype=dtype)

        table = self.add_weight(name=f"embedding_{width}", shape=(sum(counts), width), initializer=begin)
        return table, places, start

    @property
    def n_features(self) -> int:
        """Number of features of a row."""
        embedded = sum(width * len(places) for width, places in widths(self.columns).items())
        return len(self.numbers) + embedded + len(self.columns)

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        x = ops.convert_to_tensor(x)
        x = x if keras.backend.is_float_dtype(x.dtype) else ops.cast(x, self.compute_dtype)
        missing = ops.isnan(x)
        # Not `where(there, ...)`: the converter to ONNX swaps the branches of a negated condition.
        x = ops.where(missing, ops.zeros_like(x), x)
        there = ops.logical_not(missing)
        if training and self.hide:
            there = ops.logical_and(there, self.kept(ops.shape(x)))
        mask = ops.cast(there, x.dtype)
        features = []
        if self.knots is not None:
            codes = self.knots.codes(ops.take(x, self.numbers, axis=-1), x)
            codes = ops.clip(codes, -FURTHEST, FURTHEST)
            features.append(codes * ops.take(mask, self.numbers, axis=-1))
        for table, places, start in self.tables:
            number = ops.cast(ops.round(ops.take(x, places, axis=-1)), "int32")
            slot = self.slots_of(number, places) + ops.convert_to_tensor(start, "int32")
            rows = ops.take(ops.cast(table, x.dtype), slot, axis=0) * ops.take(mask, places, axis=-1)[..., None]
            features.append(ops.reshape(rows, (-1, len(places) * table.shape[-1])))
        return ops.cast(ops.concatenate([*features, mask], axis=-1), self.compute_dtype)

    def slots_of(self, number: Tensor, places: list[int]) -> Tensor:
        """The slots of categories of columns, `(batch, n_places)`."""
        slots = [self.slots[j] for j in places]
        if all(one.plain for one in slots):
            return number
        start = np.concatenate([[0], np.cumsum([len(one.of) for one in slots])[:-1]])
        of = ops.convert_to_tensor(np.concatenate([one.of for one in slots]), "int32")
        return ops.take(of, number + ops.convert_to_tensor(start, "int32"))

    def kept(self, shape: Any) -> Tensor:
        """Which cells stay visible: in each row all but a share drawn from [0, hide]. Draws random numbers."""
        normal = standard_normal((shape[0], shape[1] + 1), self.seed_generator)
        uniform = 0.5 * (1.0 + ops.erf(normal * 0.7071067811865476))
        return uniform[:, 1:] >= self.hide * uniform[:, :1]

    def compute_output_spec(self, x: Any, training: bool | None = None) -> keras.KerasTensor:
        return keras.KerasTensor((x.shape[0], self.n_features), dtype=self.compute_dtype)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Any) -> None:
        own = {name: store[name] for name in store.keys() if name != "seed_state"}  # noqa: SIM118
        super().load_own_variables(own)
        self.seed_generator.state.assign(store["seed_state"])

    def get_config(self) -> dict[str, Any]:
        columns = [column.to_json() for column in self.columns]
        return {**super().get_config(), "columns": columns, "hide": self.hide, "seed": self.seed}


def embedding_width(n_categories: int) -> int:
    """Width of the embedding of K categories: K up to 4 categories, else about 2 K^(1/4), at most 24."""
    return n_categories if n_categories <= 4 else int(np.clip(np.ceil(2.0 * n_categories**0.25), 4, WIDEST))


def widths(columns: Sequence[Column]) -> dict[int, list[int]]:
    """The positions of the categorical columns, by the width of their embeddings."""
    found: dict[int, list[int]] = {}
    for j, column in enumerate(columns):
        if column.n_categories is not None:
            found.setdefault(embedding_width(column.n_categories), []).append(j)
    return dict(sorted(found.items()))
