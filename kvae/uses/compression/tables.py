"""Values whose parameters are so much alike that they share a table of masses."""

from typing import Any

import numpy as np

from kvae.exact.array import Exact
from kvae.uses.compression.grouping import distinct, groups
from kvae.uses.compression.masses import blocks, concrete, whole_masses, whole_weights
from kvae.uses.compression.stack import PRECISION, TOTAL, Stack, constriction

# Numbers in all tables that are kept: about 64 MiB with the models made of them.
KEPT = 2**22


class ByTable:
    """Tables of masses that values with alike parameters share: parameters are rounded first.

    By how much follows from what it costs, half of the Fisher information times the mean square of the rounding:
    the information of the first parameter of counts grows with their range.

    Args:
        likelihood: A discrete likelihood with `alike_if_rounded`.
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...], n_values: int):
        self.likelihood, self.data_shape, self.n_values = likelihood, data_shape, n_values
        self.values = np.asarray(likelihood.values(n_values), np.float64)[:n_values]
        self.per_unit = [2.0 ** (4 + ((n_values - 1).bit_length() + 1) // 2)] + [32.0] * (likelihood.n_params - 1)
        if likelihood.takes == "probabilities":
            self.per_unit[0] = 2.0**14
        self.tables: dict[tuple[int, ...], tuple[Any, np.ndarray]] = {}

    def keys(self, params: Exact) -> np.ndarray:
        """Rounded parameters of all values as whole numbers, int64 `(n_params, n * values)`."""
        parameters = [np.asarray(it) for it in self.likelihood.parameters(params)]
        rounded = [np.rint(it * unit) for it, unit in zip(parameters, self.per_unit, strict=True)]
        return np.stack([np.clip(it, -(2.0**30), 2.0**30).astype(np.int64).ravel() for it in rounded])

    def of_keys(self, keys: np.ndarray) -> list[tuple[Any, np.ndarray]]:
        """The model and the bits of every level under each of some keys `(n_params, m)`."""
        names = list(zip(*keys.tolist(), strict=True))
        new = [name for name in names if name not in self.tables]
        if (len(self.tables) + len(new)) * self.n_values > KEPT:
            self.tables.clear()
            new = names
        for some in blocks(len(new), self.n_values):
            parameters = np.array(new[some], np.float64).T / np.array(self.per_unit)[:, None]
            log_pmf = self.likelihood.log_density(Exact(self.values), *Exact(parameters[..., None]))
            masses = whole_masses(whole_weights(log_pmf).astype(np.int64))
            bits = PRECISION - np.log2(masses)
            for name, its_masses, its_bits in zip(new[some], masses, bits, strict=True):
                self.tables[name] = (self.model(its_masses), its_bits)
        return [self.tables[name] for name in names]

    def model(self, masses: np.ndarray) -> Any:
        """What is kept of a table: of two values, the share of the second."""
        return masses[1] / TOTAL if self.n_values == 2 else concrete(masses)

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        unique, inverse = distinct(self.keys(params))
        tables = self.of_keys(unique)
        symbols = levels.astype(np.int32).ravel()
        if self.n_values == 2:
            stack.push(symbols, self.bernoulli, np.array([table[0] for table in tables])[inverse])
            bits = np.array([table[1] for table in tables])[inverse, symbols]
        else:
            bits = np.empty(len(symbols))
            for number, places in reversed(list(groups(inverse))):
                model, its_bits = tables[number]
                stack.push(symbols[places], model)
                bits[places] = its_bits[symbols[places]]
        return bits.reshape(len(levels), -1).sum(axis=-1)

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        unique, inverse = distinct(self.keys(params))
        tables = self.of_keys(unique)
        if self.n_values == 2:
            levels = stack.pop(self.bernoulli, np.array([table[0] for table in tables])[inverse])
        else:
            levels = np.empty(len(inverse), np.int32)
            for number, places in groups(inverse):
                levels[places] = stack.pop(tables[number][0], len(places))
        return levels.reshape(-1, *self.data_shape)

    @property
    def bernoulli(self) -> Any:
        """The family of two values."""
        return constriction().stream.model.Bernoulli(perfect=False)
