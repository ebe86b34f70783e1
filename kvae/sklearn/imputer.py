"""A VAE as an imputer: gaps of a table filled with what the other values of a row say of them.

It is long because scikit-learn wants every parameter named, kept and explained in one class.
"""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import MissingIndicator
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from kvae.data.table.estimated import (
    LearntTable,
    as_polars,
    filled,
    filled_frame,
    filled_numbers,
    is_mixed,
    learn_table,
    rows_of,
)
from kvae.model import VAE
from kvae.options.arguments import check_count, check_flag
from kvae.sklearn.base import seed_from
from kvae.sklearn.build import build_table_vae, check_table_parameters, train
from kvae.uses.codes_given import poor
from kvae.uses.imputation import DRAWS, Imputed, impute


class VAEImputer(TransformerMixin, BaseEstimator):
    """Missing values of a table, filled by a variational autoencoder of its rows.

    Takes arrays of numbers with NaN, and DataFrames of pandas and polars whose columns may be numbers, text, truth
    values, categories and dates; what each column is, is found out as `data=table` does. What was there comes back
    as it came. Learns from the values that are there, wherever they are, and fills with
    p(x_missing | x_known), averaged over latent codes (Mattei and Frellsen 2019, MIWAE).

    Follows scikit-learn's conventions for imputers. Arrays and DataFrames of numbers come back as arrays of
    numbers, other DataFrames as DataFrames of their library. Computes in float32. Neither Keras's, TensorFlow's,
    NumPy's nor Python's own random numbers are touched.

    Args:
        latent_dim: Dimensions of the latent code; None: one per three columns or per hundred rows, whichever is
            more, from 2 to 16 (docs/results.md).
        hidden_encoder_dim, hidden_decoder_dim: Width of the hidden layer, or a list of widths.
        KL_param: Weight of the KL term in training, a finite number >= 0.
        hide: The largest share of a row's values that is hidden from the encoder while it learns, 0 <= hide < 1.
        train_samples: Codes per row that are drawn while it learns. From 2 on it maximises the importance-weighted
            bound (Burda et al. 2016), which fills gaps better than the ELBO, that of 1 (docs/results.md).
        itr: Passes over the data.
        batch_size: Rows per step; None takes all at once.
        learning_rate: Adam's.
        weight_stddev: Standard deviation of the initial weights; None: Glorot's.
        draw: What fills a gap: `mean` (the mean of numbers, the most probable category), `mode` (the median of
            numbers, which is a value that the column may have; the most probable category) or `sample` (a draw).
        n_samples: Codes per row that are tried.
        missing_values: What stands for a missing value, besides null in DataFrames: `numpy.nan`, or a number or,
            in columns of text, a text.
        add_indicator: Whether a column that says where values were missing is added for each with gaps in `fit`.
        keep_empty_features: Whether columns that had no value in `fit` are kept, filled with 0 (of numbers alone);
            otherwise they are left out.
        jit_compile: Whether XLA compiles training and inference; None: where training is long enough to gain.
        verbose: Whether training shows its progress, on a terminal or in the log.
        random_state: An int, a `numpy.random.RandomState` or None: source of weights, shuffles and draws.

    Attributes:
        model_: The learnt `kvae.VAE`; None where no column has two values.
        columns_: What the columns mean (`kvae.table.TableSpec`), in the model's order; None likewise.
        history_: The loss history: dictionaries with `iteration`, `loss`, `reconstruction` and `kl`, in nats.
        indicator_: The `MissingIndicator`; None without `add_indicator`.
        seed_: What `random_state` gave.
        n_features_in_: Columns.
        feature_names_in_: Their names, where `X` had some.
    """

    model_: VAE | None
    table_: LearntTable
    history_: list[dict[str, float]]
    seed_: int
    n_features_in_: int

    def __init__(
        self,
        latent_dim: int | None = None,
        *,
        hidden_encoder_dim: int | list[int] = 256,
        hidden_decoder_dim: int | list[int] = 256,
        KL_param: float = 1.0,
        hide: float = 0.0,
        train_samples: int = 8,
        itr: int = 200,
        batch_size: int | None = 64,
        learning_rate: float = 0.002,
        weight_stddev: float | None = None,
        draw: str = "mean",
        n_samples: int = 128,
        missing_values: Any = np.nan,
        add_indicator: bool = False,
        keep_empty_features: bool = False,
        jit_compile: bool | None = None,
        verbose: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.latent_dim = latent_dim
        self.hidden_encoder_dim = hidden_encoder_dim
        self.hidden_decoder_dim = hidden_decoder_dim
        self.KL_param = KL_param
        self.hide = hide
        self.train_samples = train_samples
        self.itr = itr
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_stddev = weight_stddev
        self.draw = draw
        self.n_samples = n_samples
        self.missing_values = missing_values
        self.add_indicator = add_indicator
        self.keep_empty_features = keep_empty_features
        self.jit_compile = jit_compile
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from the values of `X` `(n_samples, n_features)` that are there. Draws from `random_state`.

        Args:
            X: An array of numbers, or a DataFrame, with at least two rows.
            y: Ignored.

        Raises:
            ValueError: For parameters out of range, unsuitable data, or a loss that is not finite.
        """
        parameters = self.get_params(deep=False)
        check_table_parameters(parameters)
        self._check_own()
        given = self._taken(X, reset=True)
        self.mixed_ = is_mixed(X)
        self.seed_ = seed_from(self.random_state)
        frame = as_polars(given, self.missing_values)
        self.names_ = tuple(frame.columns)
        self.table_ = learn_table(frame)
        if self.table_.stay:
            names = ", ".join(self.table_.stay)
            warnings.warn(f"ids and free text are not learnt, and their gaps stay gaps: {names}", stacklevel=2)
        spec = self.columns_ = self.table_.spec
        self.model_, self.history_ = None, []
        if spec is not None:
            x, _ = rows_of(frame, spec)
            self.model_ = build_table_vae(parameters, len(x), spec.for_model(), self.seed_)
            self.history_ = train(self.model_, x, parameters, self.seed_)
        self.indicator_ = None
        if self.add_indicator:
            self.indicator_ = MissingIndicator(error_on_new=False).fit(as_gaps(gaps_in(frame)))
        return self

    def transform(self, X: Any) -> Any:
        """`X` `(n_samples, n_features)` with its gaps filled; the same values every time.

        An array of numbers, or, of a DataFrame of other columns too, a DataFrame. Values that a column had not in
        `fit` stay, and are taken as not known.
        """
        return self._filled(X, 1, self.draw)[0]

    def impute(self, X: Any, n: int = 5) -> list[Any]:
        """`n` of what `transform` gives, each with draws in the gaps: multiple imputation (Rubin 1987).

        They tell how uncertain the values are under the model; its weights are the same in all of them.

        Raises:
            ValueError: When `n` is no integer >= 1.
        """
        check_count("n", n)
        return self._filled(X, n, "sample")

    def uncertainty(self, X: Any) -> np.ndarray:
        """How unsure every filled value is, `(n_samples, n_features)`, NaN where a value was there.

        The standard deviation of a number, in its unit; of a category one minus its probability.
        """
        frame, done = self._imputed(X, 1, "mean")
        found = np.full((len(frame), frame.width), np.nan)
        if done is not None and self.columns_ is not None:
            for place, column in enumerate(self.columns_.columns):
                if column.name in frame.columns:
                    found[:, frame.columns.index(column.name)] = done.uncertainty[:, place]
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns that `transform` gives."""
        check_is_fitted(self)
        given = _check_feature_names_in(self, input_features)
        names = np.asarray(given, dtype=object)[self._kept()]
        if self.indicator_ is None:
            return names
        return np.concatenate([names, self.indicator_.get_feature_names_out(given)])

    def _check_own(self) -> None:
        if self.draw not in DRAWS:
            raise ValueError(f"`draw` must be one of {', '.join(DRAWS)}. Received: draw={self.draw!r}")
        check_count("n_samples", self.n_samples)
        for name in ("add_indicator", "keep_empty_features"):
            check_flag(name, getattr(self, name))

    def _taken(self, X: Any, reset: bool) -> Any:
        """`X` as an array of numbers with NaN for gaps; a DataFrame of other columns as it is."""
        if is_mixed(X) if reset else self.mixed_:
            validate_data(self, X, skip_check_array=True, reset=reset)
            return X
        nan = is_nan(self.missing_values)
        X = validate_data(
            self,
            X,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan" if nan else True,
            ensure_min_samples=2 if reset else 1,
            reset=reset,
        )
        return X if nan else np.where(self.missing_values == X, np.nan, X).astype(X.dtype)

    def _imputed(self, X: Any, n: int, draw: str) -> tuple[Any, Imputed | None]:
        """`X` as a table of polars, and its rows filled; None where nothing was learnt or nothing is missing."""
        check_is_fitted(self)
        frame = as_polars(self._taken(X, reset=False), self.missing_values)
        if self.model_ is None or self.columns_ is None:
            return frame, None
        x, odd = rows_of(frame, self.columns_)
        if odd:
            warnings.warn(
                f"values that these columns had not in `fit` are taken as not known, and stay: {', '.join(odd)}",
                stacklevel=4,
            )
        done = impute(self.model_, x, n, draw, self.n_samples, self.seed_)
        effective = done.effective[~np.isnan(done.effective)]
        if len(effective) and (words := poor(effective, self.n_samples)) is not None:
            warnings.warn(words, stacklevel=4)
        return frame, done

    def _filled(self, X: Any, n: int, draw: str) -> list[Any]:
        frame, done = self._imputed(X, n, draw)
        gaps = as_gaps(gaps_in(frame))
        indicated = None if self.indicator_ is None else self.indicator_.transform(gaps)
        rows = [None] * n if done is None else list(done.x)
        return [self._in_their_form(X, frame, filled(frame, self.table_, x), indicated) for x in rows]

    def _in_their_form(self, X: Any, frame: Any, done: Any, indicated: np.ndarray | None) -> Any:
        """A filled table as an array, or as a DataFrame of the library of `X`, and what is indicated beside."""
        kept = self._kept()
        if self.mixed_:
            names = [name for name, keep in zip(frame.columns, kept, strict=True) if keep]
            extra = self.get_feature_names_out()[len(names) :]
            beside = {} if indicated is None else dict(zip(extra, indicated.T, strict=True))
            return filled_frame(X, frame, done, names, beside)
        whole = filled_numbers(self._taken(X, reset=False), done)[:, kept]
        return whole if indicated is None else np.hstack([whole, indicated.astype(whole.dtype)])

    def _kept(self) -> np.ndarray:
        """Which columns are not left out, as booleans."""
        empty = np.array([name in self.table_.empty for name in self.names_])
        return ~empty | self.keep_empty_features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = is_nan(self.missing_values)
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def is_nan(value: Any) -> bool:
    """Whether what stands for a missing value is NaN, or another word for it."""
    return value is None or value != value


def gaps_in(frame: Any) -> np.ndarray:
    """Which values of a table of polars are missing, `(n, n_columns)`."""
    return np.array([frame[name].is_null().to_numpy() for name in frame.columns]).T


def as_gaps(gaps: np.ndarray) -> np.ndarray:
    """Numbers that are missing in the same places."""
    return np.where(gaps, np.nan, 0.0)
