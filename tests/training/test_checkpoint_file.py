import json
from dataclasses import replace

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.training.checkpoint_callback import every
from kvae.training.checkpoint_file import read_state, restore, take_state, trackers, variables, write_state


@pytest.fixture
def trained(make_vae, x):
    vae = make_vae(run_eagerly=True)
    vae.fit(x, epochs=3, batch_size=60, shuffle=False, verbose=0)
    return vae


def test_what_is_written_is_read_back_equal(trained, tmp_path):
    rows = [{"iteration": 1, "loss": 0.1}, {"iteration": 2, "loss": 1e-30}]
    stopping = {"best": 0.25, "wait": 1, "best_epoch": 1, "best_weights": trained.get_weights()}
    state = take_state(trained, 3, rows, stopping)
    write_state(tmp_path / "model.ckpt.npz", state)
    again = read_state(tmp_path / "model.ckpt.npz")
    assert (again.iteration, again.stopped, again.rows) == (3, False, rows)
    for a, b in zip(state.weights, again.weights, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert {**again.early_stopping, "best_weights": None} == {**stopping, "best_weights": None}
    for a, b in zip(stopping["best_weights"], again.early_stopping["best_weights"], strict=True):
        np.testing.assert_array_equal(a, b)
    assert [path.name for path in tmp_path.iterdir()] == ["model.ckpt.npz"]


def test_a_position_within_an_interval_is_read_back(trained, tmp_path):
    sums = [np.float32(3.5), np.float32(2.0)]
    state = replace(take_state(trained, 3, []), steps=4, trackers=sums, log_every=7, retried=True)
    write_state(tmp_path / "model.ckpt.npz", state)
    again = read_state(tmp_path / "model.ckpt.npz")
    assert (again.steps, again.trackers, again.log_every, again.retried) == (4, sums, 7, True)


def test_sums_of_an_earlier_version_are_taken_up_by_name(trained, tmp_path):
    """It kept Keras's own mean of the loss, of nothing, before the others, and no regularization."""
    path = tmp_path / "model.ckpt.npz"
    sums = [np.float32(value) for value in (0, 0, 61, 20, 41, 20, 9, 20)]
    write_state(path, replace(take_state(trained, 3, []), steps=4, trackers=sums))
    with np.load(path) as arrays:
        kept = dict(arrays)
    header = json.loads(str(kept["header"]))
    del header["tracked"]
    np.savez(path, **{**kept, "header": np.array(json.dumps(header))})
    again = read_state(path).trackers
    assert again == [*sums[2:], 0, 0]
    for variable, value in zip(trackers(trained), again, strict=True):
        variable.assign(value)
    means = {metric.name: float(metric.result()) for metric in trained.metrics}
    assert means == pytest.approx({"loss": 3.05, "reconstruction": 2.05, "kl": 0.45})


def test_the_state_before_the_last_is_kept_and_stands_in_for_a_damaged_one(trained, tmp_path, caplog):
    path = tmp_path / "model.ckpt.npz"
    for iteration in (1, 2, 3):
        write_state(path, take_state(trained, iteration, []))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.ckpt.npz", "model.ckpt.previous.npz"]
    assert read_state(path).iteration == 3
    path.write_bytes(path.read_bytes()[:-100])
    assert read_state(path).iteration == 2
    assert "model.ckpt.npz is no checkpoint that can be read" in caplog.text
    assert "Continuing from the previous state, model.ckpt.previous.npz" in caplog.text
    caplog.clear()
    path.unlink()  # between two renames
    assert read_state(path).iteration == 2
    assert not caplog.text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (50, 600.0)),
        (7, (7, None)),
        ("10min", (None, 600.0)),
        ("1.5 h", (None, 5400.0)),
        ("90s", (None, 90.0)),
    ],
)
def test_checkpoints_are_due_after_iterations_or_after_a_time(value, expected):
    assert every(value, 500) == expected


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "0s", "10", "ten minutes", "1d"])
def test_any_other_time_is_refused(value):
    with pytest.raises(ValueError, match=f"no number of iterations and no time: {value!r}"):
        every(value, 500)


def test_a_state_with_a_weight_that_is_not_finite_is_not_good(trained):
    state = take_state(trained, 3, [])
    assert state.finite
    state.weights[3][0] = np.nan
    assert not state.finite


@pytest.mark.slow
def test_a_restored_model_trains_on_to_the_bit(make_vae, x, tmp_path):
    trained = make_vae(jit_compile=True)
    trained.fit(x, epochs=3, batch_size=60, shuffle=False, verbose=0)
    write_state(tmp_path / "model.ckpt.npz", take_state(trained, 3, []))
    fresh = make_vae(jit_compile=True)
    fresh.optimizer.build(fresh.trainable_variables)
    restore(fresh, read_state(tmp_path / "model.ckpt.npz"), tmp_path)
    for vae in (trained, fresh):
        vae.fit(x, epochs=3, batch_size=60, shuffle=False, verbose=0)
    for a, b in zip(variables(trained), variables(fresh), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_state_is_a_copy(trained, x):
    state = take_state(trained, 3, [])
    before = [weight.copy() for weight in state.weights]
    trained.fit(x, epochs=1, verbose=0)
    for a, b in zip(before, state.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_model_is_refused_with_the_first_difference(trained, make_vae, tmp_path):
    other = make_vae(latent_dim=3)
    other.optimizer.build(other.trainable_variables)
    with pytest.raises(InputError, match=r"z_mean/kernel has shape \(8, 3\) here, \(8, 2\) there"):
        restore(other, take_state(trained, 3, []), tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no zip at all"])
def test_a_damaged_file_is_one_clear_error(tmp_path, content):
    path = tmp_path / "model.ckpt.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.ckpt\.npz is no checkpoint that can be read"):
        read_state(path)
