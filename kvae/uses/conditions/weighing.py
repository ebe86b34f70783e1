"""The probability of conditions given a code, and draws of their columns that meet them."""

from collections.abc import Sequence

import numpy as np

from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.uses.conditions.cells import LARGEST, among, within
from kvae.uses.conditions.condition import Among, Condition, Equal, Gap, Within

# Codes that are decoded at once.
CODES_AT_ONCE = 8192


class Conditions:
    """Conditions on the rows of a model of a table.

    Args:
        vae: A learnt model, with `likelihood="table"`.
        conditions: Conditions on its columns, at most one per column.
    """

    def __init__(self, vae: VAE, conditions: Sequence[Condition]) -> None:
        self.vae, self.conditions = vae, tuple(conditions)
        self.likelihood: Table = vae.likelihood
        self.weighed = [one for one in conditions if not isinstance(one, Equal)]
        self._alone = {
            one.place: self.likelihood.alone(one.place) for one in conditions if isinstance(one, Within)
        }

    @property
    def said(self) -> str:
        """All of them in words."""
        return ", ".join(one.said for one in self.conditions)

    @property
    def known(self) -> np.ndarray:
        """A row `(1, n_columns)` with the values of the `Equal` conditions, NaN elsewhere."""
        x = np.full((1, *self.vae.data_shape), np.nan, np.float32)
        for one in self.conditions:
            if isinstance(one, Equal):
                x[0, one.place] = one.value
        return x

    def log_probability(self, z: np.ndarray) -> np.ndarray:
        """Log-probability in nats of all conditions except `Equal`, given codes `(..., latent_dim)`: `(...)`.

        An `Equal` condition may have a density only; its value is in `known`. Draws nothing.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.probabilities(z)).sum(axis=0)

    def probabilities(self, z: np.ndarray) -> np.ndarray:
        """The probability of each of these conditions given codes: `(len(weighed), ...)`."""
        codes = np.asarray(z, np.float32).reshape(-1, z.shape[-1])
        found = np.empty((len(self.weighed), len(codes)))
        for start in range(0, len(codes) if self.weighed else 0, CODES_AT_ONCE):
            rows = slice(start, start + CODES_AT_ONCE)
            params = self._params(codes[rows])
            missing = self.likelihood.p_missing(params)
            for one, p in zip(self.weighed, found, strict=True):
                p[rows] = self._probability(one, params, missing[:, one.place])
        return found.reshape(-1, *z.shape[:-1])

    def imposed(self, x: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Rows `x` `(n, n_columns)`, drawn from codes `z` `(n, latent_dim)`, with new draws that meet conditions.

        Only columns with conditions are drawn again, since columns are independent given the code. Uses `rng`.
        """
        found = np.array(x, np.float32)
        for start in range(0, len(found), CODES_AT_ONCE):
            rows = slice(start, start + CODES_AT_ONCE)
            params = self._params(np.asarray(z[rows], np.float32))
            for one in self.conditions:
                found[rows, one.place] = self._drawn(one, params, rng)
        return found

    def _params(self, codes: np.ndarray) -> np.ndarray:
        return self.vae._in_batches(self.vae._decoded_params, (codes,), CODES_AT_ONCE)[0]

    def _probability(self, one: Condition, params: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Probability of one condition, `(n,)`, under the decoder's output `(n, n_params)`."""
        if isinstance(one, Gap):
            return missing.astype(np.float64)
        if isinstance(one, Among):
            p = self._masses(one, params).sum(axis=1)
        else:
            assert isinstance(one, Within)
            p = np.sum(
                [self._below(one, params, high) - self._below(one, params, low) for low, high in one.edges], 0
            )
        return np.clip(p, 0.0, 1.0) * (1.0 - missing)

    def _masses(self, one: Among, params: np.ndarray) -> np.ndarray:
        """Probabilities of the categories of a condition, `(n, len(categories))`."""
        return self.likelihood.probabilities(params, one.place)[:, one.categories].astype(np.float64)

    def _below(self, one: Within, params: np.ndarray, at: np.ndarray | float) -> np.ndarray:
        """The distribution function of a column at numbers `(n,)`, or at one number; `(n,)`. Infinity is allowed.

        At infinity the value at the largest float32 number is used: mixture weights in float32 add up to only
        nearly 1, and the rest is a rounding error, not a probability of larger numbers.
        """
        at = np.broadcast_to(np.clip(np.asarray(at, np.float64), -LARGEST, LARGEST), len(params))
        likelihood, own = self._alone[one.place]
        return likelihood.cdf(at[:, None], params[:, own])[:, 0]

    def _drawn(self, one: Condition, params: np.ndarray, rng: np.random.Generator) -> np.ndarray | float:
        """Draw values of one column that meet its condition, under parameters `(n, n_params)`: `(n,)`."""
        if isinstance(one, Equal):
            return one.value
        if isinstance(one, Among):
            return np.asarray(one.categories, np.float32)[among(self._masses(one, params), rng)]
        if isinstance(one, Within):
            whole = self.likelihood.columns[one.place].kind == "count"
            return within(lambda at: self._below(one, params, at), one, len(params), whole, rng)
        return np.nan
