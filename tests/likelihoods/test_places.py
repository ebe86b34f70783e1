"""A likelihood has one place in the code, and a row in the docs."""

import inspect
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from kvae import layers
from kvae.likelihoods import lookup
from kvae.likelihoods.columns import lookup as columns_lookup

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "likelihoods.md"
# Words that headers of archives are made shorter by: part of a format, which new likelihoods do not change.
WORDS = ROOT / "kvae" / "uses" / "compression" / "archive" / "deflated.py"
# The likelihood that is taken where none is named stands in signatures.
DEFAULT = re.compile(r"^\s+likelihood: .* = \"\w+\",?$")


def test_no_other_file_names_one():
    # Much else is called a table; kinds of columns name the likelihoods of columns, and those these.
    known = [name for name in lookup.names() if name != "table"]
    words = "|".join([*known, *map(lookup.class_name, known)])
    named = re.compile(rf"""["'`]({words})["'`]|likelihood=["']?({words})\b|\bkvae\.likelihoods\.({words})\b""")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("kvae", "hydra_plugins")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name not in ("likelihoods", "columns", "kinds", "table") and path != WORDS
        for line in path.read_text().splitlines()
        if (match := named.search(line)) and not DEFAULT.match(line) and match[1] != "Gaussian"  # a message
    ]
    assert found == []


def test_the_page_lists_what_there_is():
    page, _, of_columns = PAGE.read_text().partition("## Columns of a table")
    assert sorted(re.findall(r"^\| `(\w+)` \|", of_columns, re.MULTILINE)) == sorted(columns_lookup.names())
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| `")][1:]  # no names
    table = {row[1].strip(" `"): row[3:6] for row in rows}
    assert sorted(table) == sorted(lookup.names())
    del table["table"]  # each column has its own
    for name, (parameters, support, keys) in table.items():
        assert re.findall(r"`(\w+)`", keys) == list(lookup.keys(name))
        given = {key: rule.example for key, (rule, needed) in lookup.keys(name).items() if needed}
        likelihood = lookup.get_likelihood({"name": name, **given})
        if (count := parameters.split(":")[0].strip()).isdigit():
            assert likelihood.n_params == int(count)
        words = "all numbers" if likelihood.support is None else str(likelihood.support)
        for key, value in given.items():
            support = support.replace(f"{key} - 1", str(value - 1)) if key != "n" else support
            support = re.sub(rf"\b{key}\b", str(value), support)
        assert support.strip() == words
        for key, default in re.findall(r"`(\w+)` \((\d+)\)", keys):
            assert inspect.signature(type(likelihood)).parameters[key].default == float(default)


def test_what_the_page_says_in_python_holds():
    source = re.search(r"```python\n(# my_module.py.*?)```", PAGE.read_text(), re.DOTALL)[1]
    names: dict = {}
    exec(source, names)
    likelihood = names["Exponential"]()
    params, rng = np.zeros((4, 3), np.float32), np.random.default_rng(0)
    assert likelihood.sample(params, rng).shape == (4, 3) and str(likelihood.support) == "finite numbers >= 0"
    np.testing.assert_allclose(likelihood.log_prob(np.full((4, 3), 2.0, np.float32), params), -6.0)
    binomial = lookup.get_likelihood({"name": "binomial", "n": 16})
    assert binomial.param_shape((8, 8, 1)) == (8, 8, 1)
    assert binomial.log_pmf(np.zeros((2, 8, 8, 1), np.float32)).shape == (2, 8, 8, 1, 17)


def test_a_likelihood_that_earlier_versions_saved_is_read():
    old = {
        "module": "kvae.layers", "class_name": "Gaussian", "registered_name": "kvae>Gaussian",
        "config": {"name": "gaussian_learnt", "trainable": True, "dtype": "float32", "learn_variance": True},
    }  # fmt: skip
    likelihood = keras.saving.deserialize_keras_object(old)
    assert likelihood.learn_variance and len(likelihood.trainable_weights) == 1
    new = lookup.get_likelihood("gaussian_learnt")
    assert isinstance(new, type(likelihood)) and new.get_config()["learn_variance"] is True
    assert layers.Poisson is lookup.class_of("poisson")
    with pytest.raises(AttributeError, match=r"kvae.layers.* has no attribute 'Poissen'"):
        _ = layers.Poissen
