"""Numbers of any distribution: a probability for every bin between quantiles and every often repeated value."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor, constant, padded, rounded_up
from kvae.likelihoods.columns.grid import Grid, counted
from kvae.likelihoods.columns.tails import Tails
from kvae.table import Column

# The logit of a piece that a column does not have.
NONE = -1e4
UNLEARNT = {"edges": [-1.0, 1.0], "in_bins": [0], "atoms": [], "at_atoms": [], "background": [-1.0, 1.0]}


class Histogram(ColumnLikelihood):
    """A softmax over the pieces of `kvae.table.bins`: atoms, which are single values, and bins, uniform within.

    For integers `log_density` is a log-probability: a bin is a set of integers, without those that are atoms. For
    other numbers it is a log-density, and at atoms a log-probability, as in a column that is 0 in most rows.
    Values that no learning row had get the probability of about one row, spread over the range and beyond it
    (`Tails`), so that a new largest value has a finite density. Draws leave these out. For integers on a grid
    (`Grid`) all this applies to their places; numbers off the grid belong to the tails.
    """

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        codings: Any = [column.coding if "edges" in column.coding else UNLEARNT for column in columns]
        self.pieces = [counted(coding) for coding in codings]
        self.width = int(self.bucket(columns[0])[1])  # type: ignore[index]
        super().__init__(columns, **kwargs)
        self.whole = bool(columns[0].coding.get("whole"))
        self.grid = Grid(codings, self.whole)
        met = [[*piece["at_atoms"], *piece["in_bins"]] for piece in self.pieces]
        counts = padded([[count + 0.5 for count in row] for row in met], self.width, 0.0)
        shares = counts / counts.sum(axis=1, keepdims=True)
        self.begin = np.where(shares > 0, np.log(np.maximum(shares, 1e-30)), NONE)
        lows = [[*piece["atoms"], *piece["edges"][:-1]] for piece in self.pieces]
        highs = [[*piece["atoms"], *piece["edges"][1:]] for piece in self.pieces]
        self.n_atoms = np.array([len(piece["atoms"]) for piece in self.pieces])
        self.is_atom = np.arange(self.width) < self.n_atoms[:, None]
        self.low, self.high = padded(lows, self.width, np.inf), padded(highs, self.width, np.inf)
        self.holds = np.ones_like(self.low)  # the number of integers in a piece, or its length
        inner = np.isfinite(self.low) & ~self.is_atom
        self.holds[inner] = self.high[inner] - self.low[inner]
        if self.whole:
            self.holds[inner] -= self.atoms_within()[inner]
        self.fill = self.grid.values(np.array([([*p["atoms"], *p["edges"]])[0] for p in self.pieces], np.float64))
        self.tails = Tails(self.pieces, [column.coding.get("n", 0) for column in columns], self.whole)

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        coding: Any = column.coding if "edges" in column.coding else UNLEARNT
        return bool(column.coding.get("whole")), rounded_up(len(coding["at_atoms"]) + len(coding["in_bins"]))

    @property
    def n_params(self) -> int:  # type: ignore[override]
        return self.width

    def atoms_within(self) -> np.ndarray:
        """How many atoms lie in every bin, `(n_columns, width)`."""
        found = np.zeros_like(self.low)
        for row, low, high, piece in zip(found, self.low, self.high, self.pieces, strict=True):
            atoms = np.array(piece["atoms"])
            row[:] = np.searchsorted(atoms, high) - np.searchsorted(atoms, low)
        return found

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """Log-probabilities of the pieces, `(..., n_columns, width)`."""
        return (ops.log_softmax(params, axis=-1),)

    def within(self, x: Tensor, like: Tensor) -> Tensor:
        """Which piece values `(..., n_columns)` lie in, `(..., n_columns, width)`; none if they lie in no piece.

        An atom takes precedence over the bin around it. The last bin includes its upper end, or its last integer,
        which in float32 may be equal to the end.
        """
        x = x[..., None]
        at = ops.logical_and(x == constant(self.low, like), ops.convert_to_tensor(self.is_atom))
        bins = ops.convert_to_tensor(np.isfinite(self.low) & ~self.is_atom)
        last = np.zeros_like(self.is_atom)
        for row, piece in zip(last, self.pieces, strict=True):
            row[len(piece["atoms"]) + len(piece["in_bins"]) - 1] = True
        largest = ops.logical_and(ops.convert_to_tensor(last), x == constant(self.high - self.whole, like))
        under = ops.logical_or(x < constant(self.high, like), largest)
        inside = ops.logical_and(bins, ops.logical_and(x >= constant(self.low, like), under))
        free = ops.logical_not(ops.any(at, axis=-1, keepdims=True))
        return ops.logical_or(at, ops.logical_and(inside, free))

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        (log_p,) = parameters
        x, on = self.grid.places(x)
        within = self.within(x, log_p)
        within = within if on is None else ops.logical_and(within, on[..., None])
        per_unit = log_p - constant(np.log(self.holds), log_p)
        met = ops.sum(ops.where(within, per_unit, 0.0), axis=-1)
        beyond = self.tails.log_density(x, log_p) + self.grid.log_share(on, log_p)
        log_met = constant(self.tails.log_met, log_p) + met
        if not self.whole:  # an atom is a probability, to which a density adds nothing
            at = ops.any(ops.logical_and(within, ops.convert_to_tensor(self.is_atom)), axis=-1)
            both = ops.where(at, log_met, ops.logaddexp(log_met, ops.broadcast_to(beyond, ops.shape(log_met))))
        else:
            both = ops.logaddexp(log_met, ops.broadcast_to(beyond, ops.shape(log_met)))
        return ops.where(ops.any(within, axis=-1), both, beyond)

    def middles(self) -> np.ndarray:
        """The means of the pieces, `(n_columns, width)`."""
        low = np.where(np.isfinite(self.low), self.low, 0.0)
        high = np.where(np.isfinite(self.high), self.high, 0.0)
        if not self.whole:
            return 0.5 * (low + high)
        middles = np.where(self.is_atom, low, 0.5 * (low + high - 1.0))
        within = self.atoms_within()
        for i, piece in enumerate(self.pieces):  # a bin does not contain its atoms
            for k in np.flatnonzero(within[i] * ~self.is_atom[i]):
                atoms = [a for a in piece["atoms"] if low[i, k] <= a < high[i, k]]
                total = middles[i, k] * (high[i, k] - low[i, k]) - sum(atoms)
                middles[i, k] = total / self.holds[i, k]
        return middles

    def mean(self, *parameters: Tensor) -> Tensor:
        return self.grid.values(ops.sum(ops.exp(parameters[0]) * constant(self.middles(), parameters[0]), axis=-1))

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        (log_p,) = parameters
        piece = np.argmax(log_p + rng.gumbel(size=log_p.shape), axis=-1)  # the Gumbel-max trick
        columns = np.broadcast_to(np.arange(len(self.columns)), piece.shape)
        low, high = self.low[columns, piece], self.high[columns, piece]
        if not self.whole:
            return low + (high - low) * rng.random(piece.shape)
        return self.grid.values(self.drawn_integers(rng, piece, columns, low))

    def drawn_integers(
        self, rng: np.random.Generator, piece: np.ndarray, columns: np.ndarray, low: np.ndarray
    ) -> np.ndarray:
        """An integer of every drawn piece, all equally probable; a bin's atoms are skipped."""
        drawn = low + np.floor(rng.random(piece.shape) * self.holds[columns, piece])
        in_bin = ~self.is_atom[columns, piece]
        for i, pieces in enumerate(self.pieces):
            for atom in pieces["atoms"]:  # ascending
                drawn += in_bin & (columns == i) & (low <= atom) & (drawn >= atom)
        return drawn

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        p = np.exp(parameters[0])
        x = self.grid.upto(x)[..., None]
        low, high = self.low, np.where(np.isfinite(self.high), self.high, np.inf)
        x = x + 1.0 if self.whole else x  # for integers, what is below x + 1
        with np.errstate(invalid="ignore"):
            covered = np.clip(np.minimum(x, high) - low, 0.0, None)
        if self.whole:
            covered -= self.atoms_upto(x, low, high)
        bins = np.isfinite(low) & ~self.is_atom
        share = np.where(bins, covered / self.holds, 0.0)
        reached = (x - 1.0 if self.whole else x) >= low
        return np.where(self.is_atom, reached * p, share * p).sum(axis=-1).clip(0.0, 1.0)

    def atoms_upto(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """How many atoms in every bin lie below `x`."""
        found = np.zeros(np.broadcast_shapes(x.shape, low.shape))
        for i, pieces in enumerate(self.pieces):
            atoms = np.array(pieces["atoms"])
            upto = np.searchsorted(atoms, np.minimum(x[..., i, :], high[i]))
            found[..., i, :] = np.maximum(upto - np.searchsorted(atoms, low[i]), 0)
        return found
