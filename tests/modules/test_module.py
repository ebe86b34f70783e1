import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import kvae.modules as srk
from kvae.errors import InputError


def documented_module():
    """The module that docs/modules.md shows, from its text."""
    text = (Path(__file__).resolve().parents[2] / "docs/modules.md").read_text(encoding="utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "class Centre" in block)
    names = {}
    exec(code, names)
    return names["Centre"]


Centre = documented_module()


def test_a_module_of_ones_own_receives_and_sends():
    obs, centre = srk.Observation(np.arange(6.0).reshape(3, 2)), Centre("centre")
    centre.connect(obs)
    centre.update()
    np.testing.assert_array_equal(centre.get_forward_msg(), [[-2, -2], [0, 0], [2, 2]])
    np.testing.assert_array_equal(obs.get_backward_msg(), [[2, 3]] * 3)


def test_numbers_count_the_modules_of_one_model():
    for _ in range(2):  # not those made before
        obs, first, second = srk.Observation([[0.0]]), Centre("a"), Centre("b")
        first.connect(obs)
        second.connect(first)
        assert [obs.get_name(), first.get_name(), second.get_name()] == [
            "module000_obs",
            "module001_a",
            "module002_b",
        ]


def test_several_senders_are_combined_and_the_last_message_of_each_counts():
    obs, first, second = srk.Observation(np.zeros((2, 1))), Centre("a"), Centre("b")
    for module in (first, second):
        module.connect(obs)
    obs.set_backward_msg(np.full((2, 1), 9.0), first)
    obs.set_backward_msg(np.full((2, 1), 1.0), first)
    obs.set_backward_msg(np.full((2, 1), 3.0), second)
    np.testing.assert_array_equal(obs.get_backward_msg(), [[2.0], [2.0]])


def test_errors_name_modules_and_what_to_do():
    obs, module = srk.Observation(np.zeros((3, 2))), Centre("mine")
    with pytest.raises(InputError, match=r"mine observes nothing yet: call mine.connect"):
        module.update()
    other = Centre("below")
    module.connect(other)
    with pytest.raises(InputError, match=r"mine observes below, which has sent nothing yet: call below.update"):
        module.update()
    with pytest.raises(InputError, match=r"below cannot observe mine, which observes below"):
        other.connect(module)
    with pytest.raises(InputError, match=r"wrap data as Observation\(data\). Received: list"):
        module.connect([[1.0]])
    module.connect(obs, srk.Observation(np.zeros((2, 2)), name="short"))
    with pytest.raises(
        InputError, match=r"mine needs the same number of rows from each module. Received: obs 3, short 2"
    ):
        module.update()
    with pytest.raises(InputError, match=r"observes 2 modules .* Received: 1"):
        module.send_backward_msgs([np.zeros((3, 2))])
    with pytest.raises(InputError, match=r"a row per observation, 3. Received from mine: 4"):
        obs.set_backward_msg(np.zeros((4, 2)), module)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (np.zeros(3), r"shape \(3,\), float64"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        ([["a"]], "<U1"),
        (np.ones((2, 2), complex), "real numbers or booleans. Received: an array of type complex128"),
        ([[1.0], [2.0, 3.0]], "all of one length. Received: list"),
        (np.ma.masked_array(np.ones((2, 2)), np.eye(2)), "no masked values"),
        (scipy.sparse.eye_array(3), r"must be dense: pass x.toarray\(\)"),
        (pd.DataFrame({"a": ["x"]}), r"columns of numbers.*Received: a"),
        (None, "is missing"),
        ([[0.0, 1.0], [np.nan, 1.0]], "NaN or infinity in row 1"),
        ([[np.nan, np.nan], [0.0, np.inf]], "NaN or infinity in row 1"),
    ],
)
def test_observations_are_checked(data, text):
    with pytest.raises(InputError, match=text):
        srk.Observation(data)


def test_observations_may_be_tables():
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]}).astype({"a": "Int64"})
    np.testing.assert_array_equal(srk.Observation(frame).get_forward_msg(), [[1.0, 1.0], [2.0, 0.0]])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            np.array([[0.0, 1.0], [1.0, np.nan]]),
            "vae needs finite numbers. Received from mine: NaN or infinity in row 1",
        ),
        (
            np.zeros((0, 3)),
            r"a row per observation, shape \(n, ...\). Received from mine: shape \(0, 3\), float64",
        ),
        (np.array([["a"]]), "Received from mine: shape .*<U1"),
    ],
)
def test_a_module_says_who_sent_what_it_cannot_use(message, text):
    mine, vae = srk.Module("mine"), srk.VAE(2)
    mine.set_forward_msg(message)
    vae.connect(mine)
    with pytest.raises(InputError, match=text):
        vae.update()


def test_a_module_may_send_a_number_per_observation(x, tmp_path):
    mine, vae = srk.Module("mine", folder=tmp_path), srk.VAE(2, itr=1, hidden_encoder_dim=4, hidden_decoder_dim=4)
    mine.set_forward_msg(x[:, 0])
    vae.connect(mine)
    vae.update(write=False)
    assert mine.get_backward_msg().shape == (60,)


def test_messages_about_rows_are_forgotten_when_other_data_is_observed():
    obs, first, second = srk.Observation(np.zeros((3, 2))), Centre("a"), Centre("b")
    first.connect(obs)
    second.connect(first)
    for module in (first, second):
        module.update()
    second.set_backward_msg(np.ones((3, 2)))
    assert first.get_backward_msg() is not None
    first.connect(obs)  # the same
    assert first.get_backward_msg() is not None and second.get_backward_msg() is not None
    first.connect(srk.Observation(np.ones((3, 2))))
    assert first.get_backward_msg() is None and second.get_backward_msg() is None
    assert first.observed[0].get_backward_msg() is None
