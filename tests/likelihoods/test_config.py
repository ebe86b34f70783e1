"""Likelihoods as a config names them: by name, with keys of their own, or by a `_target_`; Keras is not asked."""

import subprocess
import sys

import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.likelihoods import lookup

PROGRAM = """
import sys
from kvae.likelihoods import lookup
assert lookup.what_is_wrong({"name": "binomial", "n": 16}, "model.likelihood") is None
assert all(isinstance(lookup.keys(name), dict) for name in lookup.names())
assert not {"keras", "tensorflow"} & set(sys.modules)
"""


def test_names_and_keys_are_known_without_keras():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_name_is_that_of_a_file_with_its_class():
    assert "poisson" in lookup.names() and not {"base", "support", "lookup", "counts"} & set(lookup.names())
    for name in lookup.names():
        kind = lookup.class_of(name)
        assert kind.__name__ == lookup.class_name(name) and kind.__module__ == f"kvae.likelihoods.{name}"


@pytest.mark.parametrize(
    ("typed", "node"),
    [
        (["model.likelihood=poisson"], "poisson"),
        (["model.likelihood=binomial", "model.likelihood.n=16"], {"name": "binomial", "n": 16}),
        (["model.likelihood.n=16", "model.likelihood=binomial"], {"name": "binomial", "n": 16}),
        (["model.likelihood={name:binomial,n:16}"], {"name": "binomial", "n": 16}),
        (["model.likelihood={name:binomial,n:16}", "model.likelihood.n=8"], {"name": "binomial", "n": 8}),
        (["model.likelihood._target_=my_module.Mine"], {"_target_": "my_module.Mine"}),
        (
            ["model.likelihood._target_=my_module.Mine", "model.likelihood.depth=2"],
            {"_target_": "my_module.Mine", "depth": 2},
        ),
    ],
)
def test_what_is_typed(typed, node):
    assert compose(*typed).model.likelihood == node


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (
            ["model.likelihood=binomial"],
            r"=binomial needs n, an integer >= 1. Type, for example, .*likelihood.n=16",
        ),
        (
            ["model.likelihood=binomial", "model.likelihood.n=0"],
            r"likelihood.n must be an integer >= 1. Received: 0. Type, for example, model.likelihood.n=16",
        ),
        (["model.likelihood=student_t", "model.likelihood.df=1"], r"df must be a finite number > 1. Received: 1"),
        (
            ["model.likelihood=categorical", "model.likelihood.n_level=3"],
            r"unknown key .*n_level. Allowed under .*Did you mean model.likelihood.n_levels",
        ),
        (["model.likelihood=poisson", "model.likelihood.n=3"], r"unknown key .*likelihood.n. poisson has no keys"),
        (["model.likelihood.n=3"], r"must be one of bernoulli, .* Received: {'n': 3}"),
        (["model.likelihood=3"], r"must be one of bernoulli, .* Received: 3"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_loaded(typed, text):
    with pytest.raises(InputError, match=text):
        compose(*typed)


def test_python_is_told_in_its_own_words():
    with pytest.raises(
        ValueError, match=r"needs n, .*Pass, for example, likelihood={'name': 'binomial', 'n': 16}"
    ):
        lookup.get_likelihood("binomial")
    with pytest.raises(ValueError, match=r"`n_levels` must be an integer >= 2. Received: n_levels=1"):
        lookup.class_of("categorical")(1)
    assert lookup.get_likelihood({"name": "binomial", "n": 3}).n == 3


def test_a_line_of_the_log_names_the_keys():
    assert lookup.said("poisson") == "poisson"
    assert lookup.said({"name": "binomial", "n": 16}) == "binomial (n=16)"
    assert lookup.said({"_target_": "my_module.Mine", "depth": 2}) == "Mine (depth=2)"
