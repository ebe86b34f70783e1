"""Which values of a likelihood numbers are, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from mixed_table import mixed_columns

from kvae.errors import InputError
from kvae.likelihoods.lookup import class_of, names
from kvae.uses.compression.levels import Levels, discrete

GIVEN = {
    "table": {"columns": mixed_columns().columns},
    "beta_binomial": {"n": 8},
    "binomial": {"n": 16},
    "categorical": {"n_levels": 5},
}


@pytest.mark.parametrize("name", names())
def test_levels_of_every_likelihood_are_places_among_its_values(name):
    likelihood = class_of(name)(**GIVEN.get(name, {}))
    if name not in discrete():
        why = "is continuous" if likelihood.coded else "has no coding"
        with pytest.raises(InputError, match=rf"likelihood={name} {why}.*one: bernoulli, beta_binomial, "):
            Levels.of(likelihood)
        return
    levels = Levels.of(likelihood)
    values = likelihood.values(40 if levels.n_values is None else None)
    assert levels.n_values in (None, len(values)) and levels.name == name
    x = np.stack([values, values[::-1]], axis=1).astype(np.float32)
    found = levels(x)
    assert found.dtype == np.int32 and found[:, 0].tolist() == list(range(len(values)))
    assert found[:, 1].tolist() == list(range(len(values)))[::-1]
    np.testing.assert_allclose(levels.to_model(found), x, rtol=1e-6)


@pytest.mark.parametrize("value", [0.5, -1.0, 5.0, np.nan, np.inf, 1.01])
def test_other_numbers_are_refused_with_their_place(value):
    levels = Levels(0.0, 1.0, 5, "categorical")
    x = np.ones((30_000, 2, 5), np.float32)
    x[20_000, 1, 3] = value
    text = (
        rf"=categorical \(0, 1, \.\.\., 4, in .* Received: {value:g} in row 20007, at \(1, 3\)\. Learn with a like"
    )
    with pytest.raises(InputError, match=text):
        levels(x, first=7)


def test_of_large_counts_it_says_what_to_do():
    with pytest.raises(InputError, match=r"3e\+09 in row 0.* So large counts cannot be coded"):
        Levels.of(class_of("poisson")())(np.array([[3e9]]))


def test_grey_values_and_columns_are_named():
    grey = np.array([[0.0, 1.0], [0.25, 0.5]], np.float32)
    text = r"=bernoulli \(0, 1, .*0\.25 in row 1, at b, and 1 more\. Learn with data\.binarize=threshold or"
    with pytest.raises(InputError, match=text):
        Levels(0.0, 1.0, 2, "bernoulli")(grey, columns=["b", "a"])
    with pytest.raises(InputError, match="Learn with a likelihood whose"):
        Levels(0.0, 1.0, 2, "bernoulli")(-grey)


@pytest.mark.parametrize("values", [[0.0, 1.0, 3.0], [2.0]])
def test_values_that_are_not_evenly_spaced_are_refused(values):
    likelihood = SimpleNamespace(support=None, values=lambda: np.array(values))
    with pytest.raises(InputError, match=rf"evenly spaced values\. It has \[{values[0]}"):
        Levels.of(likelihood)


def test_rounding_is_allowed_for():
    x = (np.arange(256) / np.float32(255)).astype(np.float32)[:, None]
    assert Levels(0.0, 1 / 255, 256, "x")(x)[:, 0].tolist() == list(range(256))
    counts = np.array([[0.0], [16_777_216.0]], np.float32)
    assert Levels(0.0, 1.0, None, "poisson")(counts)[:, 0].tolist() == [0, 16_777_216]
    with pytest.raises(InputError, match=r"poisson \(0, 1, \.\.\., in"):
        Levels(0.0, 1.0, None, "poisson")(np.full((1, 1), 3e9))
