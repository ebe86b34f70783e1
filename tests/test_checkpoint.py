import numpy as np
import pytest

from kvae.checkpoint import read_state, restore, take_state, variables, write_state
from kvae.errors import InputError


@pytest.fixture
def trained(make_vae, x):
    vae = make_vae(jit_compile=True)
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


def test_a_restored_model_trains_on_to_the_bit(trained, make_vae, x, tmp_path):
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
