"""A table with every likelihood of columns, by hand, and what SciPy says of each in float64."""

import numpy as np
from scipy import stats
from scipy.special import expit, log_softmax

from kvae.table import Column, coded
from kvae.table.coding import to_codes
from kvae.table.ladder import ladder

RNG = np.random.default_rng(0)
N = 400
SPREAD = np.where(RNG.random(N) < 0.4, 0.0, np.exp(RNG.normal(3, 1, N)))
VALUES = {
    "gaussian": RNG.normal(170, 9, N),
    "student_t": 5 + RNG.standard_t(3, N),
    "quantile_gaussian": np.concatenate([RNG.normal(-3, 0.5, N // 2), RNG.normal(9, 2, N // 2)]),
    "log_normal": np.exp(RNG.normal(8, 0.7, N)),
    "gamma": RNG.gamma(2.0, 30.0, N),
    "poisson": RNG.poisson(3.0, N),
    "negative_binomial": RNG.negative_binomial(2.0, 0.1, N),
    "bernoulli": RNG.random(N) < 0.2,
    "categorical": RNG.integers(0, 5, N),
    "large_categorical": RNG.integers(0, 300, N),
    "ordinal": RNG.integers(0, 4, N),
    "histogram": SPREAD,
    "whole": np.rint(SPREAD * 20),
    "quantile_mixture": SPREAD,
    "whole_mixture": np.rint(SPREAD * 20),
    "whole_grid": 2.0 + 25 * np.rint(np.where(SPREAD > 0, np.log(SPREAD + 1) * 40, 7)),
    "whole_grid_mixture": 2.0 + 25 * np.rint(RNG.normal(170, 20, N)),
    "rare_categories": np.where(RNG.random(N) < 0.9, RNG.integers(0, 4, N), RNG.integers(4, 50, N)),
}
OTHER_NAMES = {
    name: "quantile_mixture" if "mixture" in name else "histogram" for name in VALUES if "whole" in name
} | {"rare_categories": "categorical"}
CATEGORIES = {"bernoulli": 2, "categorical": 5, "large_categorical": 300, "ordinal": 4, "rare_categories": 50}
COLUMNS = {
    name: coded(
        Column(
            name,
            "any",
            {"name": OTHER_NAMES.get(name, name)},
            n_categories=CATEGORIES.get(name),
        ),
        values.astype(np.float32),
    )
    for name, values in VALUES.items()
}
ROWS = np.stack(list(VALUES.values()), axis=-1).astype(np.float32)


def expected(name, x, p, weights=()):
    """Log-density of the values of a column, `(n,)`, for what a decoder gives, `(n, n_params)`; float64."""
    column = COLUMNS[name]
    coding = column.coding
    if name in ("gaussian", "student_t"):
        t = stats.norm if name == "gaussian" else stats.t(4.0)
        location, scale = coding["mean"] + coding["std"] * p[:, 0], coding["std"] * np.exp(p[:, 1])
        return t.logpdf((x - location) / scale) - np.log(scale)
    if name == "quantile_gaussian":
        h = 1e-5
        slope = (to_codes(x + h, coding) - to_codes(x - h, coding)) / (2 * h)
        return stats.norm.logpdf(to_codes(x, coding), p[:, 0], np.exp(p[:, 1])) + np.log(slope)
    if name == "log_normal":
        location = coding["log_mean"] + coding["log_std"] * p[:, 0]
        return stats.lognorm.logpdf(
            x, coding["log_std"] * np.exp(np.minimum(p[:, 1], np.log(3))), scale=np.exp(location)
        )
    if name == "gamma":
        shape = (coding["mean"] / coding["std"]) ** 2 * np.exp(p[:, 1])
        return stats.gamma.logpdf(x, shape, scale=coding["mean"] * np.exp(p[:, 0]) / shape)
    if name == "poisson":
        return stats.poisson.logpmf(x, coding["mean"] * np.exp(p[:, 0]))
    if name == "negative_binomial":
        mean = coding["mean"] * np.exp(p[:, 0])
        r = coding["mean"] ** 2 / (coding["std"] ** 2 - coding["mean"]) * np.exp(p[:, 1])
        return stats.nbinom.logpmf(x, r, r / (r + mean))
    n = len(x)
    if name == "bernoulli":
        logits = np.log(np.add(coding["counts"], 0.5)) + np.stack([0 * p[:, 0], p[:, 0]], -1)
        return log_softmax(logits, axis=-1)[np.arange(n), x.astype(int)]
    if name in ("categorical", "rare_categories"):
        slot, size, shares = by_slot(column)
        first = [np.flatnonzero(slot == one)[0] for one in range(len(size))]
        log_p = log_softmax(np.log(shares) + p[:, first], axis=-1) - np.log(size)
        return log_p[np.arange(n), slot[x.astype(int)]]
    if name == "ordinal":
        counts = np.add(coding["counts"], 0.5)
        upto = np.cumsum(counts)[:-1] / counts.sum()
        cuts = np.exp(-p[:, 1:2]) * (np.log(upto / (1 - upto)) - p[:, :1])
        below = np.concatenate([np.zeros((n, 1)), expit(cuts), np.ones((n, 1))], axis=1)
        return np.log(np.diff(below, axis=1))[np.arange(n), x.astype(int)]
    if name == "large_categorical":
        u, b, v, c = weights
        groups, members = c.shape
        v = v.reshape(groups, members, -1)
        slot, size, _ = by_slot(column)
        k = slot[x.astype(int)]
        log_group = log_softmax(p @ u.T + b, axis=-1)[np.arange(n), k // members]
        number = np.arange(groups * members).reshape(groups, members)[k // members]
        logits = np.einsum("nme,ne->nm", v[k // members], p) + c[k // members]
        logits = np.where(number < len(size), logits, -np.inf)
        return log_group + log_softmax(logits, axis=-1)[np.arange(n), k % members] - np.log(size[k])
    return (mixture if "mixture" in name else histogram)(coding, x, p)


def by_slot(column):
    """The slot of every category, with one for all that at most one row has; sizes and shares of the slots."""
    counts = np.bincount(VALUES[column.name].astype(int), minlength=column.n_categories)
    slot = np.where(counts > 1, np.cumsum(counts > 1) - 1, np.sum(counts > 1))
    return slot, np.bincount(slot), np.bincount(slot, counts + 0.5)


def places(coding, x):
    """A coding and values as if the first number of a grid were 0 and the next 1."""
    step, (first, last) = coding["step"], coding["background"]
    if step == 1:
        return {**coding, "grid": 1}, x
    moved = {name: [(value - first) / step for value in coding[name]] for name in ("atoms", "edges")}
    return {**coding, **moved, "background": [0, (last - first) / step], "step": 1, "grid": step}, (
        x - first
    ) / step


def mixture(coding, x, p):
    """Logistic variables on the line of ranks, cut off at its ends."""
    coding, x = places(coding, x)
    one, whole = ladder(coding), coding["whole"]
    ranks = (np.arange(4) + 0.5) / 4
    middles = np.log(ranks / (1 - ranks))
    spread = np.log(np.sqrt(1 - np.mean(middles**2) / stats.logistic.var()))
    found = []
    for row, value in zip(p, x, strict=True):
        weights = np.exp(log_softmax(row[:4]))
        scale = np.exp(np.clip(row[8:] + spread, np.log(0.03), np.log(3.0)))
        t = stats.logistic(row[4:8] + middles, scale)
        back = histogram(coding, [value], np.zeros((1, 500)), alone=True)
        back *= 1.0 if coding["grid"] == 1 else 0.9
        weight = 1 / (coding["n"] + 2)
        k = np.flatnonzero((one.low <= value) & ((value < one.high) if whole else (value <= one.high)))
        k = [i for i in k if one.is_atom[i]] or list(k[::-1])
        kept = t.cdf(one.end[-1]) - t.cdf(one.begin[0])
        met, atom = 0.0, False
        if k and one.met[k[0]]:
            i, atom = k[0], one.is_atom[k[0]]
            slope = (one.end[i] - one.begin[i]) / max(one.high[i] - one.low[i], 1e-300)
            at = one.begin[i] + (value - one.low[i]) * (0.0 if atom else slope)
            if whole or atom:
                upto = one.end[i] if atom else at + slope
                met = np.sum(weights * (t.cdf(upto) - t.cdf(at)) / kept)
            else:
                met = np.sum(weights * t.pdf(at) / kept) * slope
        found.append(np.log((1 - weight) * met + weight * (0.0 if atom and not whole else back)))
    return np.array(found)


def histogram(coding, x, p, alone=False):
    """Shares of bins and atoms; `alone` gives the density of what was never met."""
    coding, x = (coding, x) if alone else places(coding, x)
    atoms, edges = np.array(coding["atoms"]), np.array(coding["edges"])
    shares = np.log(np.concatenate([coding["at_atoms"], coding["in_bins"]]) + 0.5)
    pi = np.exp(log_softmax(shares + p[:, : len(shares)], axis=-1))
    weight = 1 / (coding["n"] + 2)
    low, high = coding["background"]
    found = []
    for row, value in zip(pi, x, strict=True):
        k = min(np.searchsorted(edges, value, side="right") - 1, len(edges) - 2)
        whole, length = coding["whole"], high - low + coding["whole"]
        beyond = max(low - value, value - high, 0)
        if beyond and whole:
            first = 1 - np.exp(-1 / length)
            back = 0.25 * first * np.exp(-(beyond - 1) / length)
        else:
            back = 0.25 / length * np.exp(-beyond / length) if beyond else 0.5 / length
        if alone:
            return back
        back *= 1.0 if coding["grid"] == 1 else 0.9
        if value in atoms:
            met = row[np.searchsorted(atoms, value)]
            back = back if whole else 0.0
        elif k < 0 or value > edges[-1] or (whole and value >= edges[-1]):
            met = 0.0
        else:
            inside = ((atoms >= edges[k]) & (atoms < edges[k + 1])).sum() if whole else 0
            met = row[len(atoms) + k] / (edges[k + 1] - edges[k] - inside)
        found.append(np.log((1 - weight) * met + weight * back))
    return np.array(found)
