import functools
import logging

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.metrics import Meaning, measures
from kvae.metrics import meaning as meanings
from kvae.metrics.meaning import to_keep
from kvae.metrics.own import ARGUMENTS, check_name, measure_own, take

ARRAYS = {"x": np.ones((4, 3)), "x_hat": np.zeros((4, 3)), "z_mean": np.arange(8.0).reshape(4, 2)}


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    monkeypatch.setattr(meanings, "DECLARED", {})
    monkeypatch.setattr("kvae.metrics.own.DECLARED", meanings.DECLARED)


def error_of(x, x_hat, power=1.0):
    """Mean error of reconstructions.

    Not shown.
    """
    return np.mean(np.abs(x - x_hat) ** power)


def measured(function, name="mine", arrays=ARRAYS):
    take(name, function, "my_module.mine")
    return measure_own({name: function}, arrays)


def test_it_gets_the_arrays_that_it_names_and_its_own_arguments():
    assert measured(error_of) == {"mine": 1.0}
    assert measured(functools.partial(lambda z_mean, k: z_mean[-1, 1] * k, k=3)) == {"mine": 21.0}
    assert measured(functools.partial(lambda x, x_hat: x_hat, x_hat=5)) == {"mine": 5}
    assert measured(lambda labels=None: 2.5) == {"mine": 2.5}


def test_its_docstring_is_its_meaning_unless_it_declares_one():
    measured(functools.partial(error_of, power=2), "mean_error")
    assert to_keep(["mean_error"])["mean_error"]["text"] == "Mean error of reconstructions."
    assert to_keep(["mean_error"])["mean_error"]["title"] == "Mean error"
    own = Meaning("Sharpness", "How sharp.", "px", "higher")
    assert measured(measures(sharp=own)(lambda x: 1)) == {"mine": 1}
    assert meanings.DECLARED["mine"] == own


def test_a_dictionary_is_a_metric_for_each_of_its_names():
    def both(x):
        """Two at once."""
        return {"first": np.float32(0.5), "second": np.int64(2**60)}

    assert measured(both) == {"first": 0.5, "second": 2.0**60}
    assert meanings.DECLARED["second"].text == "Two at once."


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        ("hello", "it must return a number, or a dictionary of numbers by name. Received: 'hello'"),
        (None, "Received: None"),
        (np.full(3, np.nan), "Received: an array of shape (3,)"),
        ({"a": [1]}, "Under a. Received: an array of shape (1,)"),
        ({2: 1.0}, "Received the name 2"),
        ({"loss": 1.0}, "there is a metric loss already"),
        ({"other": 1.0}, "there is a metric other already"),
    ],
)
def test_a_wrong_result_is_left_out_and_said(returned, text, caplog):
    def other(x):
        return 1.0

    def mine(x):
        return returned

    take("other", other, "m.other")
    take("mine", mine, "m.mine")
    with caplog.at_level(logging.WARNING):
        assert measure_own({"other": other, "mine": mine}, ARRAYS) == {"other": 1.0}
    assert "metric mine is left out (" in caplog.text and text in caplog.text


def test_a_failure_is_left_out_and_said_with_its_kind(caplog):
    assert measured(lambda x: {}["a key"]) == {}
    assert "metric mine is left out (KeyError: 'a key')" in caplog.text


def test_without_labels_what_needs_them_is_not_measured(caplog):
    with caplog.at_level(logging.INFO):
        assert measured(lambda labels: 1.0) == {}
    assert "metric mine is not measured: there are no labels" in caplog.text


def test_an_undefined_number_is_a_number():
    assert np.isnan(measured(lambda x: float("nan"))["mine"])


@pytest.mark.parametrize("name", ["val_mine", "mine_round3", "mi-ne", "3d"])
def test_a_name_that_would_be_taken_for_another_is_refused(name):
    with pytest.raises(InputError, match=f"metric.{name} must have a name of letters"):
        check_name(name)


def test_the_name_of_one_of_kvaes_metrics_is_refused():
    with pytest.raises(InputError, match=r"metric\.nll has the name of one of kvae's metrics"):
        check_name("nll")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (
            lambda weights: 1.0,
            "needs the argument weights, which kvae does not pass. It may take by name x,",
        ),
        (3, "must be a function. Received: 3"),
        (functools.partial(error_of, strength=3, power=1), "does not take strength, which its YAML gives"),
    ],
)
def test_what_cannot_be_called_is_one_clear_error_before_training(function, text):
    with pytest.raises(InputError) as error:
        take("mine", function, "my_module.mine")
    assert str(error.value).startswith("metric.mine._target_=my_module.mine ") and text in str(error.value)


def test_everything_that_may_be_asked_for_is_explained_in_its_yaml(pytestconfig):
    text = (pytestconfig.rootpath / "conf/metric/none.yaml").read_text()
    assert ", ".join(ARGUMENTS) in text
