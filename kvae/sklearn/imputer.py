"""A VAE as an imputer: missing values of a table, predicted from the other values of the row.

It is long because scikit-learn needs all parameters in the signature, the attributes and the docstring of a class.
"""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import MissingIndicator
from sklearn.utils import check_array
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from kvae.data.frames import check_collected, is_frame
from kvae.data.table.estimated import (
    LearntTable,
    as_polars,
    check_order,
    filled,
    filled_frame,
    filled_numbers,
    is_mixed,
    learn_table,
    rows_of,
)
from kvae.data.table.given import from_given
from kvae.data.table.in_pandas import as_pandas_frame
from kvae.data.table.marks import check_mark, gaps_in, is_nan, marked, na_as_nan
from kvae.model import VAE
from kvae.options.arguments import check_count, check_flag
from kvae.sklearn.base import seed_from
from kvae.sklearn.build import build_table_vae, check_table_parameters, train, with_table_defaults
from kvae.uses.codes_given import poor
from kvae.uses.imputation import DRAWS, Imputed, impute


class VAEImputer(TransformerMixin, BaseEstimator):
    """Imputation: fills the missing values of a table by a variational autoencoder of its rows.

    Takes arrays of numbers with NaN, and DataFrames of pandas and polars with columns of numbers, text, booleans,
    categories and dates; the kind of each column is recognised as with `data=table`. Observed values do not
    change. Learns from all observed values, also in rows with missing ones, and fills with p(x_missing | x_known),
    averaged over latent codes (Mattei and Frellsen 2019, MIWAE).

    Follows scikit-learn's conventions for imputers. Arrays and DataFrames of numbers come back as arrays of
    numbers, other DataFrames as DataFrames of their library. Computes in float32. The global random states of
    Keras, TensorFlow, NumPy and Python do not change.

    Args:
        latent_dim: Dimensions of the latent code; None: one per three columns or per hundred rows, whichever is
            more, from 2 to 16 (docs/results.md).
        hidden_encoder_dim, hidden_decoder_dim: Width of the hidden layer, or a list of widths.
        KL_param: Weight of the KL term in training, a finite number >= 0.
        hide: The largest share of a row's values that is hidden from the encoder in training, 0 <= hide < 1.
        train_samples: Posterior draws per row in training. 1 maximises the ELBO, more the importance-weighted
            bound (Burda et al. 2016), with which missing values are filled better (docs/results.md).
        itr: Passes over the data.
        batch_size: Rows per step; None takes all rows in one step.
        learning_rate: The learning rate of Adam, which falls to 0; None: 15 / steps, from 0.002 to 0.012, where
            steps are `itr` times the batches of a pass (docs/results.md).
        weight_stddev: Standard deviation of the initial weights; None: Glorot initialisation.
        draw: The value that is filled in: `mean` (the mean of numbers, the most probable category), `mode` (the
            median of numbers, a value that the column may have; the most probable category) or `sample` (a draw).
        n_samples: Importance samples per row.
        missing_values: The mark of a missing value, besides null in DataFrames: `numpy.nan`, `pandas.NA`, a number
            or, in columns of text, a text.
        add_indicator: Whether to add an indicator column for every column with missing values in `fit`.
        keep_empty_features: Whether columns without any value in `fit` are kept, numeric ones filled with 0; by
            default they are left out.
        jit_compile: Whether XLA compiles training and inference; None: only if training is long enough.
        verbose: Whether training shows its progress, on a terminal or in the log.
        random_state: An int, a `numpy.random.RandomState` or None: the source of weights, shuffles and draws.

    Attributes:
        model_: The learnt `kvae.VAE`; None if no column has two different values and is neither id nor free text.
        columns_: The kinds of the columns (`kvae.table.TableSpec`), in the model's order; None without a model.
        history_: The loss history: dictionaries with `iteration`, `loss`, `reconstruction` and `kl`, in nats.
        indicator_: The `MissingIndicator`; None without `add_indicator`.
        seed_: The seed drawn from `random_state`.
        n_features_in_: The number of columns.
        feature_names_in_: The names of the columns, if `X` has names.
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
        learning_rate: float | None = None,
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
        """Learn from the observed values of `X` `(n_samples, n_features)`. Draws from `random_state`.

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
            warnings.warn(f"ids and free text are not learnt, nor their gaps filled: {names}", stacklevel=2)
        spec = self.columns_ = self.table_.spec
        self.model_, self.history_ = None, []
        if spec is not None:
            coarse: list[str] = []
            x, _ = rows_of(frame, spec, coarse)
            for words in coarse:
                warnings.warn(words, stacklevel=2)
            parameters = with_table_defaults(parameters, len(x), len(spec.columns))
            self.model_ = build_table_vae(parameters, len(x), spec.for_model(), self.seed_)
            self.history_ = train(self.model_, x, parameters, self.seed_)
        self.indicator_ = None
        if self.add_indicator:
            self.indicator_ = MissingIndicator(error_on_new=False).fit(as_gaps(gaps_in(frame)))
        return self

    def transform(self, X: Any) -> Any:
        """`X` `(n_samples, n_features)` with its missing values filled; the same values in every call.

        Returns an array for numbers, and a DataFrame for a DataFrame with other columns. Values that are new since
        `fit`, such as new categories, do not change; the model treats them as missing.
        """
        done = self._filled(X, 1, self.draw)[0]
        wanted = _get_output_config("transform", self)["dense"] == "pandas"
        # Of another library's table scikit-learn would make columns of objects.
        return (
            as_pandas_frame(from_given(done)) if wanted and is_frame(done) and not hasattr(done, "iloc") else done
        )

    def impute(self, X: Any, n: int = 5) -> list[Any]:
        """`n` copies of `X`, in each of which missing values are draws: multiple imputation (Rubin 1987).

        Their spread shows the uncertainty of the values under the model, for fixed weights.

        Raises:
            ValueError: When `n` is no integer >= 1.
        """
        check_count("n", n)
        return self._filled(X, n, "sample")

    def uncertainty(self, X: Any) -> np.ndarray:
        """The uncertainty of every filled value, `(n_samples, n_features)`, NaN where a value was observed.

        For a number its standard deviation, in the unit of the column; for a category one minus its probability; 0
        in a column that had a single value in `fit`. NaN also in columns without any value in `fit`.
        """
        frame, done = self._imputed(X, 1, "mean")
        found = np.full((len(frame), frame.width), np.nan)
        if done is not None and self.columns_ is not None:
            for place, column in enumerate(self.columns_.columns):
                if column.name in frame.columns:
                    found[:, frame.columns.index(column.name)] = done.uncertainty[:, place]
        for name in self.table_.constants:
            found[frame[name].is_null().to_numpy(), frame.columns.index(name)] = 0.0
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns that `transform` returns."""
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
        check_mark(self.missing_values)

    def _taken(self, X: Any, reset: bool) -> Any:
        """`X` as an array of numbers with NaN for missing ones; a DataFrame with other columns unchanged."""
        check_collected("X", X)
        if is_mixed(X) if reset else self.mixed_:
            self._check_mixed(X, reset)
            return X
        nan, given = is_nan(self.missing_values), X
        X = validate_data(
            self,
            na_as_nan(X),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan" if nan or is_frame(X) else True,
            ensure_min_samples=2 if reset else 1,
            reset=reset,
        )
        return X if nan else np.where(marked(X, given, self.missing_values), np.nan, X).astype(X.dtype)

    def _check_mixed(self, X: Any, reset: bool) -> None:
        """Raise ValueError for what is no DataFrame, for too few rows, and for other columns than in `fit`."""
        if not is_frame(X):
            raise ValueError(
                "`X` must be a DataFrame, because `fit` got one whose columns are not all numbers: pass "
                "pandas.DataFrame(X, columns=learnt.columns), where `fit` got the DataFrame `learnt`. "
                f"Received: {type(X).__module__}.{type(X).__name__}"
            )
        validate_data(self, X, skip_check_array=True, reset=reset)
        frame, least = from_given(X), 2 if reset else 1
        check_array(np.zeros((min(len(frame), least), frame.width)), ensure_min_samples=least, estimator=self)
        if not reset:
            check_order(frame.columns, self.names_)

    def _imputed(self, X: Any, n: int, draw: str) -> tuple[Any, Imputed | None]:
        """`X` as a polars DataFrame, and its rows filled; None for the latter if nothing was learnt."""
        check_is_fitted(self)
        frame = as_polars(self._taken(X, reset=False), self.missing_values)
        if self.model_ is None or self.columns_ is None:
            return frame, None
        x, odd = rows_of(frame, self.columns_)
        if odd:
            warnings.warn(
                f"values that are new since `fit` are kept, and treated as missing, in {', '.join(odd)}",
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
        """A filled table as an array, or as a DataFrame of the library of `X`, with indicator columns if any."""
        kept = self._kept()
        if self.mixed_:
            names = [name for name, keep in zip(frame.columns, kept, strict=True) if keep]
            extra = self.get_feature_names_out()[len(names) :]
            beside = {} if indicated is None else dict(zip(extra, indicated.T, strict=True))
            return filled_frame(X, frame, done, names, beside)
        whole = filled_numbers(self._taken(X, reset=False), done)[:, kept]
        return whole if indicated is None else np.hstack([whole, indicated.astype(whole.dtype)])

    def _kept(self) -> np.ndarray:
        """Which columns are kept, as booleans."""
        empty = np.array([name in self.table_.empty for name in self.names_])
        return ~empty | self.keep_empty_features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = is_nan(self.missing_values)
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def as_gaps(gaps: np.ndarray) -> np.ndarray:
    """An array that is NaN where `gaps` are true, else 0."""
    return np.where(gaps, np.nan, 0.0)
