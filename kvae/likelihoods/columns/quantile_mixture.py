"""Numbers of any distribution: a few logistic variables on the logits of ranks, where an atom is an interval."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor, constant, padded, rounded_up
from kvae.likelihoods.columns.grid import Grid, counted
from kvae.likelihoods.columns.knots import repeated
from kvae.likelihoods.columns.logistic import expit, log_between
from kvae.likelihoods.columns.places import Places
from kvae.likelihoods.columns.shares import Bounds, of_mixtures
from kvae.likelihoods.columns.tails import Tails
from kvae.table import Column
from kvae.table.ladder import ladder

COMPONENTS = 4
# Bounds of scales on the line of logits, where the column itself has scale 1.
LOWEST_SCALE, HIGHEST_SCALE = 0.03, 3.0
# How far beyond the ends of the ladder a location may lie: farther out only rounding errors change.
BEYOND = 3.0
BOUNDS = Bounds(math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE), BEYOND)
# Bounds of units per logit: the range of float32.
SMALLEST, LARGEST = 1.2e-38, 3.4e38
UNLEARNT = {
    "whole": False,
    "edges": [-1.0, 1.0],
    "in_bins": [1],
    "atoms": [],
    "at_atoms": [],
    "background": [-1.0, 1.0],
    "n": 1,
}


class QuantileMixture(ColumnLikelihood):
    """A mixture of logistic distributions after the map of `kvae.table.ladder`, from values to logits of ranks.

        x = ladder^-1(t),   t ~ sum_k w_k Logistic(m_k, s_k), within the ends of the ladder

    An atom is the interval of its ranks, and so is an integer: each has a probability, the difference of two
    values of the distribution function (as in Salimans et al. 2017, PixelCNN++, equation 2). Other numbers have a
    density, that of t times the map's derivative. The column's own marginal is nearly one logistic variable of
    scale 1, whatever its distribution is, so that few parameters suffice: a few rows are not overfitted as by the
    many probabilities of a histogram. Values that no learning row had get the probability of about one row
    (`Tails`); draws leave these out. For integers on a grid (`Grid`) the line is that of their places; numbers off
    the grid belong to the tails.
    """

    n_params = 3 * COMPONENTS

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        codings = [dict(column.coding if "edges" in column.coding else UNLEARNT) for column in columns]
        self.whole = bool(codings[0]["whole"])
        self.grid = Grid(codings, self.whole)
        self.codings = [counted(coding) for coding in codings]
        self.ladders = [ladder(coding) for coding in self.codings]
        self.width = int(self.bucket(columns[0])[1])  # type: ignore[index]
        self.lowest = np.array([one.low[0] for one in self.ladders])
        self.fill = self.grid.values(self.lowest)
        ranks = (np.arange(COMPONENTS) + 0.5) / COMPONENTS
        middles = np.log(ranks) - np.log1p(-ranks)
        spread = math.sqrt(1.0 - 3.0 * float(np.mean(middles**2)) / math.pi**2)  # together the variance of one
        one = np.concatenate([np.zeros(COMPONENTS), middles, np.full(COMPONENTS, math.log(spread))])
        self.begin = np.tile(one, (len(self.columns), 1))
        self.ends = np.array([(one.begin[0], one.end[-1]) for one in self.ladders])
        self.high = np.array([one.high[-1] for one in self.ladders])
        starts = padded([one.start.tolist() for one in self.ladders], self.width, np.inf)
        self.places = Places(starts)
        rows = [described(one) for one in self.ladders]
        self.pieces = {name: repeated([row[name].tolist() for row in rows], self.width) for name in rows[0]}
        self.tails = Tails(self.codings, [coding["n"] for coding in self.codings], self.whole)

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        coding = column.coding if "edges" in column.coding else UNLEARNT
        return bool(coding["whole"]), rounded_up(len(ladder(coding).low))

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """Log-weights, locations and log-scales, each `(..., n_columns, COMPONENTS)`.

        Clipped, with gradient 0 outside, unlike `kvae.layers.bounded`: where a location is far off, the gradient
        of the scale is large, and codes could follow both without end.
        """
        weights, location, log_scale = ops.split(params, 3, axis=-1)
        log_scale = ops.clip(log_scale, math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE))
        begin, end = constant(self.ends[:, :1] - BEYOND, location), constant(self.ends[:, 1:] + BEYOND, location)
        location = ops.minimum(ops.maximum(location, begin), end)
        return weights - ops.logsumexp(weights, axis=-1, keepdims=True), location, log_scale

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return self.log_density_of(x, ops.concatenate(parameters, axis=-1))

    def log_density_of(self, x: Tensor, params: Tensor) -> Tensor:
        x, on = self.grid.places(x)
        place = self.places.of(x)
        log_p = self.log_share(x, place, params)
        beyond = self.tails.log_density(x, params) + self.grid.log_share(on, params)
        inside = ops.logical_and(x >= constant(self.lowest, x), self.below_end(x))
        met = self.places.take(self.pieces["met"], place, x) > 0
        inside = ops.logical_and(inside, met if on is None else ops.logical_and(on, met))
        log_met = constant(self.tails.log_met, params) + log_p
        beyond = ops.broadcast_to(beyond, ops.shape(log_met))
        both = ops.logaddexp(log_met, beyond)
        if not self.whole:  # an atom is a probability, to which a density adds nothing
            both = ops.where(self.places.take(self.pieces["is_atom"], place, x) > 0, log_met, both)
        return ops.where(inside, both, beyond)

    def below_end(self, x: Tensor) -> Tensor:
        """Whether values are at most the largest of the learning rows."""
        return x <= constant(self.high - self.whole, x)

    def log_share(self, x: Tensor, place: Tensor, params: Tensor) -> Tensor:
        """Log-probability of `x` without the tails, or its log-density per unit, `(..., n_columns)`, in nats."""
        shape = ops.shape(params)[:-1]

        def of_piece(name: str) -> Tensor:
            return self.places.take(self.pieces[name], place, x)

        def flat(values: Tensor) -> Tensor:
            return ops.reshape(ops.broadcast_to(values, shape), (-1,))

        begin = of_piece("begin")
        # Not a product with the slope: XLA computes a quotient once, and not in every loop that reads it.
        at = begin + (x - of_piece("low")) / of_piece("unit")
        if self.whole:  # the length is passed on, because `at` + slope may equal `at` in float32
            length, density, log_slope = of_piece("slope"), None, 0.0
        else:
            end, density = of_piece("end"), of_piece("is_atom") < 1
            at, length = ops.where(density, ops.clip(at, begin, end), begin), end - begin
            density, log_slope = flat(density), of_piece("log_slope")
        length = ops.where(length > 0, length, 1.0)
        log_p = of_mixtures(flat(at), flat(length), density, flat(of_piece("last")), BOUNDS)
        found = log_p(ops.reshape(params, (-1, self.n_params)))
        return ops.reshape(found, shape) + log_slope

    def log_kept(self, location: Tensor, log_scale: Tensor) -> Tensor:
        """Log-probability of the whole ladder for every component."""
        begin, end = constant(self.ends[:, :1], location), constant(self.ends[:, 1:], location)
        return log_between(begin, end - begin, location, log_scale)

    def mean(self, *parameters: Tensor) -> Tensor:
        """Sum over the pieces of their probability times their middle: accurate to a fraction of a bin."""
        log_weights, location, log_scale = (one[..., None, :] for one in parameters)
        begin = constant(self.pieces["begin"][..., None], location)
        length = constant((self.pieces["end"] - self.pieces["begin"])[..., None], location)
        real = np.arange(self.width) < np.array([len(one.low) for one in self.ladders])[:, None]
        real &= self.pieces["met"] > 0
        each = log_between(begin, ops.where(length > 0, length, 1.0), location, log_scale)
        kept = self.log_kept(parameters[1], parameters[2])[..., None, :]
        p = ops.exp(ops.logsumexp(log_weights + each - kept, axis=-1)) * constant(real, location)
        middles = [0.5 * (one.low + one.high - self.whole) for one in self.ladders]
        return self.grid.values(ops.sum(p * constant(padded(middles, self.width, 0.0), p), axis=-1))

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        log_weights, location, log_scale = parameters
        k = np.argmax(log_weights + rng.gumbel(size=log_weights.shape), axis=-1)[..., None]  # the Gumbel-max trick
        location = np.take_along_axis(location, k, axis=-1)[..., 0]
        scale = np.exp(np.take_along_axis(log_scale, k, axis=-1)[..., 0])
        low, high = ((self.ends[:, i] - location) / scale for i in (0, 1))
        # A draw between the ends; the upper half is mirrored, so that its tail keeps its digits.
        flip = low + high > 0
        low, high = np.where(flip, -high, low), np.where(flip, -low, high)
        below, upto = expit(low), expit(high)
        p = np.clip(below + rng.random(k.shape[:-1]) * (upto - below), 1e-300, 1.0 - 1e-16)
        u = np.clip(np.log(p) - np.log1p(-p), low, high)
        return self.grid.values(self.values(location + scale * np.where(flip, -u, u)))

    def values(self, t: np.ndarray) -> np.ndarray:
        """The values, or places on the grid, that points of the line `(..., n_columns)` stand for."""
        found = np.empty_like(t)
        for j, one in enumerate(self.ladders):
            met = np.flatnonzero(one.met)
            piece = met[np.clip(np.searchsorted(one.begin[met], t[..., j], side="right") - 1, 0, len(met) - 1)]
            share = (t[..., j] - one.begin[piece]) / (one.end[piece] - one.begin[piece])
            length = one.high[piece] - one.low[piece]
            further = np.clip(share, 0.0, 1.0) * length
            if self.whole:
                further = np.minimum(np.floor(further), length - 1.0)
            found[..., j] = one.low[piece] + further
        return found

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        log_weights, location, log_scale = parameters
        scale, x = np.exp(log_scale), self.grid.upto(x)
        t = np.empty(np.broadcast_shapes(x.shape, location.shape[:-1]))
        for j, one in enumerate(self.ladders):
            t[..., j] = upto(one, x[..., j], self.whole)
        below = expit((self.ends[:, :1] - location) / scale)
        kept = expit((self.ends[:, 1:] - location) / scale) - below
        share = (expit((t[..., None] - location) / scale) - below) / np.maximum(kept, 1e-300)
        return np.sum(np.exp(log_weights) * np.clip(share, 0.0, 1.0), axis=-1).clip(0.0, 1.0)


def described(one: Any) -> dict[str, np.ndarray]:
    """Arrays that describe the pieces of a ladder, `(n_pieces,)` each, by name.

    `slope` is in logits per unit, 0 in pieces of one value or of none; `unit` is its inverse, `log_slope` its
    logarithm. `last` is the end of the line, which begins at `-last`.
    """
    length = one.high - one.low
    slope = np.where(length > 0, (one.end - one.begin) / np.where(length > 0, length, 1.0), 0.0)
    some = np.where(slope > 0, slope, 1.0)
    return {
        **{name: np.asarray(getattr(one, name), np.float64) for name in ("low", "begin", "end", "is_atom", "met")},
        "slope": slope,
        "unit": np.where(slope > 0, np.clip(1.0 / some, SMALLEST, LARGEST), LARGEST),
        "log_slope": np.where(one.is_atom, 0.0, np.log(some)),
        "last": np.full_like(slope, one.end[-1]),
    }


def upto(one: Any, x: np.ndarray, whole: bool) -> np.ndarray:
    """The points of the line up to which values <= `x` lie; for integers `x` are their places."""
    x = x + 1.0 if whole else x
    edges, logits = np.append(one.low, one.high[-1]), np.append(one.begin, one.end[-1])
    piece = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(one.low) - 1)
    length = one.high[piece] - one.low[piece]
    share = np.where(length > 0, (x - one.low[piece]) / np.where(length > 0, length, 1.0), 1.0)
    found = one.begin[piece] + np.clip(share, 0.0, 1.0) * (one.end[piece] - one.begin[piece])
    return np.where(x < edges[0], logits[0], found)
