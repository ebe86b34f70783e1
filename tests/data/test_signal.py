"""Rows that are signals: their times, and what a learnt model keeps of them."""

import json
import logging

import numpy as np
import pytest

from kvae.data import load_data
from kvae.data.scaling import Scaling
from kvae.data.signal import Signal
from kvae.data.sources.file import Options
from kvae.data.spec import InputSpec
from kvae.errors import InputError


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(20, 12)))
    return str(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("n", "rate", "axis", "last"),
    [
        (100, 80.0, "time (s)", 99 / 80),
        (50, 1000.0, "time (ms)", 49.0),
        (7200, 1.0, "time (h)", 7199 / 3600),
        (180, 1.0, "time (min)", 179 / 60),
        (10, 1e9, "time (ns)", 9.0),
        (10, None, "value number", 9.0),
    ],
)
def test_the_time_axis_has_the_largest_unit_of_which_a_row_lasts_one(n, rate, axis, last):
    signal = Signal(n, rate)
    assert signal.time_axis == axis and (n - 1) * signal.step == pytest.approx(last)
    assert signal[-1].split()[0] == f"{last:g}" and len(signal) == len(list(signal)) == n
    assert signal[1:3] == [signal[1], signal[2]]


def test_a_learnt_model_keeps_it(path):
    learnt = load_data(Options(path=path, kind="signal", rate=250, unit="mV"), 0).spec
    assert learnt.signal == learnt.axis == Signal(12, 250, "mV")
    assert InputSpec.from_json(json.loads(json.dumps(learnt.to_json()))) == learnt
    assert load_data(Options(path=path), 0, learnt).spec.signal == learnt.signal
    plain = load_data(Options(path=path), 0).spec
    assert plain.signal is None and "signal" not in plain.to_json()


def test_other_words_than_were_learnt_are_told(path, caplog):
    caplog.set_level(logging.INFO)
    learnt = load_data(Options(path=path, kind="signal", rate=250), 0).spec
    load_data(Options(path=path, kind="signal", rate=250), 0, learnt)
    assert "data.kind" not in caplog.text
    assert load_data(Options(path=path, kind="signal", rate=100), 0, learnt).spec.signal == Signal(12, 250)
    assert "data.kind, data.rate and data.unit have no effect here" in caplog.text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"rate": 250}, r"data\.rate is for data\.kind=signal\. Received: data\.rate=250 and data\.kind=null"),
        ({"kind": "columns", "unit": "mV"}, r"data\.unit is for .* data\.unit=mV and data\.kind=columns"),
        (
            {"kind": "signal", "shape": [3, 4]},
            r"of shape \[n\]\. Received: .* \[3, 4, 1\]\. Type data\.shape=\[12\]",
        ),
    ],
)
def test_keys_that_do_not_fit_are_one_error(path, keys, text):
    with pytest.raises(InputError, match=text):
        load_data(Options(path=path, **keys), 0)


@pytest.mark.parametrize("values", [[], {"rate": 0}, {"rate": "fast"}, {"rate": True}, {"rate": 1, "unit": 3}])
def test_a_forged_signal_is_refused(values):
    spec = InputSpec((4,), Scaling(), "none").to_json() | {"signal": values}
    with pytest.raises(ValueError, match="its signal"):
        InputSpec.from_json(spec)
