"""Nodes of a network: their keys, and the modules that they give."""

import subprocess
import sys
from pathlib import Path

import pytest

from kvae.errors import InputError
from kvae.modules import nodes
from kvae.options.rules import build_section

KEY = "network.modules.one"


def node(typed=True, **values):
    return build_section(nodes.options_for(KEY, values, typed), values, f"{KEY}.")


def test_a_node_gives_the_module_of_its_kind_with_its_keys():
    made = nodes.build("one", node(module="gmm", observes="vae", K=3, ridge=0.2), 5, KEY)
    assert (type(made).__name__, made.name, made.K, made.ridge, made.seed) == ("GMM", "one", 3, 0.2, 5)
    assert made.keys == "network.modules.one."
    assert node(module="gmm", K=2, observes=["a", "b"]).observed == ["a", "b"]
    assert node(module="gmm", K=2).observed == []


def test_a_target_gives_a_module_of_the_users_own(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    made = nodes.build("one", node(_target_="third.Companions", observes="vae", memory=0.25), 0, KEY)
    assert (type(made).__name__, made.name, made.memory) == ("Companions", "one", 0.25)
    assert nodes.build("one", node(_target_="third.Centre"), 0, KEY).name == "one"  # it takes no name
    with pytest.raises(InputError, match=r"one\._target_=third\.numbers must give a module .*Received: int"):
        nodes.build("one", node(_target_="third.numbers", n_components=1, memory=0), 0, KEY)
    with pytest.raises(InputError, match=r"one\._target_=third\.fails failed: .*no such thing"):
        nodes.build("one", node(_target_="third.fails", n_components=1, memory=0), 0, KEY)
    with pytest.raises(InputError, match=r"one\._target_=third\.Centre comes from a run folder, and code that"):
        nodes.build("one", node(typed=False, _target_="third.Centre"), 0, KEY)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, r"one\.module must be one of .*gmm.* Received: nothing"),
        ({"module": "gnm"}, r"one\.module must be one of .*gmm.* Received: 'gnm'"),
        ({"module": "gmm"}, r"one\.K is missing\. Type, for example, network\.modules\.one\.K=10"),
        ({"module": "gmm", "K": 0}, r"one\.K must be an integer >= 1\. Received: 0"),
        (
            {"module": "gmm", "K": 2, "ridg": 1},
            r"unknown key network\.modules\.one\.ridg.*mean network.*one\.ridge\?",
        ),
        (
            {"module": "gmm", "K": 2, "observes": 3},
            r"one\.observes must be the name of a module, or .*Received: 3",
        ),
        ({"module": "gmm", "_target_": "third.Centre"}, r"one must have module or _target_, not both"),
    ],
)
def test_mistakes_are_said_with_the_key(values, text):
    with pytest.raises(InputError, match=text):
        node(**values)


def test_the_keys_are_checked_without_keras():
    code = "import sys; from kvae.modules import nodes; nodes.options_for('k', {'module': 'gmm'}, True); "
    found = subprocess.run([sys.executable, "-c", f"{code}print('keras' in sys.modules)"], capture_output=True)
    assert found.stdout.strip() == b"False"


def test_a_node_of_experts_gives_its_module_with_its_keys():
    made = nodes.build("joint", node(module="experts", observes=["a", "b"], kind="moe", weights=[1, 2]), 5, KEY)
    assert (type(made).__name__, made.name, made.kind, made.weights.tolist()) == (
        "Experts",
        "joint",
        "moe",
        [1, 2],
    )
    with pytest.raises(InputError, match=r"one\.kind must be one of .*poe.*Received: 'product'"):
        node(module="experts", observes=["a", "b"], kind="product")
    with pytest.raises(InputError, match=r"one\.weights must be a list of .*Received: \[0\]"):
        node(module="experts", observes=["a", "b"], weights=[0])
