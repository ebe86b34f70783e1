"""Training that meets what it should not: losses that are not finite, data that is extreme."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from kvae import VAE
from kvae.errors import InputError
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.training.checkpoint_file import read_state, restore, variables
from kvae.training.run import Training

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")

EXTREME = {
    "zeros": np.zeros((40, 6)),
    "ones": np.ones((40, 6)),
    "constant": np.full((40, 6), 0.3),
    "one observation": np.array([[0.0, 1.0, 0.5, 0.0, 1.0, 0.2]]),
    "one column that varies": np.eye(6)[np.zeros(40, int)] * np.linspace(0, 1, 40)[:, None],
}


def training(vae, x, **options):
    options = {"itr": 20, "log_every": 5, "seed": 0, "lines": 0, **options}
    vae.optimizer.build(vae.trainable_variables)
    return Training(vae, np.asarray(x, np.float32), **options)


@pytest.fixture
def fails_at(make_vae, monkeypatch):
    """A model whose loss is not finite while the learning rate is above a bound, from some step on."""

    def build(step, bound=0.0):
        vae = make_vae(learning_rate=0.01)
        loss = VAE.compute_loss

        def compute_loss(self, *args, **kwargs):
            late = self.optimizer.iterations >= step
            bad = keras.ops.logical_and(late, self.optimizer.learning_rate > bound)
            return loss(self, *args, **kwargs) * keras.ops.where(bad, float("nan"), 1.0)

        monkeypatch.setattr(VAE, "compute_loss", compute_loss)
        return vae

    return build


def test_a_loss_that_is_not_finite_goes_back_and_on_with_a_smaller_step(fails_at, x, tmp_path, caplog):
    run = training(fails_at(12, bound=0.005), x, checkpoint=tmp_path / "model.ckpt.npz")
    run.run(20)
    assert run.iteration == 20
    assert [row["iteration"] for row in run.rows] == [5, 10, 15, 20]
    assert np.isfinite([row["loss"] for row in run.rows]).all()
    assert float(run.vae.optimizer.learning_rate) == pytest.approx(0.001)
    assert "Training continues from iteration 10 with train.learning_rate=0.001 (was 0.01)" in caplog.text
    assert read_state(tmp_path / "model.ckpt.npz").retried


def test_what_was_done_before_is_what_it_would_have_been(fails_at, make_vae, x):
    good = training(make_vae(), x)
    good.run(10)
    run = training(fails_at(12), x)
    with pytest.raises(InputError):
        run.run(20)
    assert run.rows == good.rows
    for a, b in zip(good.vae.trainable_weights, run.vae.trainable_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_a_second_failure_stops_with_the_last_good_weights(fails_at, x, tmp_path):
    path = tmp_path / "model.ckpt.npz"
    run = training(fails_at(12), x, checkpoint=path)
    with pytest.raises(InputError) as caught:
        run.run(20)
    text = str(caught.value)
    assert "the loss is not finite after iteration 15, also after going back once with a smaller step" in text
    assert "The likely cause: steps that are too large, train.learning_rate=0.001" in text
    assert f"The last good weights, of iteration 10, are kept in {path}" in text
    assert "Type train.learning_rate=0.0001, or train.global_clipnorm=1" in text
    state = read_state(path)
    assert state.iteration == 10 and state.finite and state.retried


def test_on_nan_stop_does_not_try_again(fails_at, x):
    run = training(fails_at(12), x, on_nan="stop")
    with pytest.raises(InputError, match=r"after iteration 15\. The likely cause"):
        run.run(20)
    assert float(run.vae.optimizer.learning_rate) == pytest.approx(0.01)


def test_a_failure_in_the_first_interval_goes_back_to_the_start(fails_at, x):
    run = training(fails_at(0, bound=0.005), x)
    run.run(20)
    assert run.iteration == 20 and np.isfinite(run.rows[0]["loss"])


def test_large_observations_are_named_as_the_likely_cause(make_vae):
    vae = make_vae(likelihood="gaussian")
    run = training(vae, np.full((20, 6), 1e30))
    with pytest.raises(InputError, match=r"observations as large as 1e\+30.*Type data\.scale=standard"):
        run.run(20)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "gaussian_learnt"])
def test_ten_times_the_usual_step_meets_no_nan_in_two_thousand_steps(make_vae, x, likelihood):
    compiled = likelihood == "gaussian_learnt"  # once is enough: it takes longer than the steps
    vae = make_vae(likelihood=likelihood, latent_dim=10, hidden=50, jit_compile=compiled, learning_rate=0.01)
    run = training(vae, x, itr=2000, log_every=500, on_nan="stop")
    run.run(2000)
    assert run.iteration == 2000
    assert all(np.isfinite(list(row.values())).all() for row in run.rows)
    assert run.last.finite


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian_learnt"])
def test_extreme_data_trains_without_nan(make_vae, likelihood):
    vae = make_vae(likelihood=likelihood, latent_dim=9)  # more than the data has columns
    vae.optimizer.build(vae.trainable_variables)
    variables = [*vae.weights, *vae.optimizer.variables]
    start = [variable.numpy() for variable in variables]
    for name, x in EXTREME.items():
        for variable, value in zip(variables, start, strict=True):  # one model, traced once
            variable.assign(value)
        run = training(vae, x, itr=100, log_every=50, on_nan="stop")
        run.run(100)
        assert run.iteration == 100 and np.isfinite([row["loss"] for row in run.rows]).all(), name
        assert np.isfinite(vae.reconstruct(x.astype(np.float32))).all(), name


def test_wild_log_variances_are_led_back(x):
    """An encoder that begins far outside the range of `kvae.layers` trains into it."""
    keras.utils.set_random_seed(0)
    encoder, decoder = mlp_encoder((6,), 2, 8), mlp_decoder((6,), 2, 8)
    encoder.get_layer("z_log_var").bias.assign([500.0, -500.0])
    vae = VAE(encoder, decoder, seed=0)
    vae.compile(keras.optimizers.SGD(10.0), jit_compile=False)
    z_log_var = vae.encode(x)[1]
    np.testing.assert_allclose(z_log_var, np.tile([20.0, -30.0], (len(x), 1)))
    run = training(vae, x, itr=400, log_every=100, on_nan="stop")
    vae.optimizer.learning_rate = 1e-4
    run.run(400)
    assert np.isfinite(run.rows[-1]["loss"])


def test_a_resumed_run_may_have_another_interval_only_at_its_end(make_vae, x):
    run = training(make_vae(), x, log_every=7)
    state = run.state(run.plan(20), 7, 3, [])
    with pytest.raises(InputError, match=r"train\.log_every=5 cannot .* Type train\.log_every=7"):
        training(make_vae(), x, log_every=5).resume(state, None)


def drawing_vae():
    """A model whose layers draw, and keep moving statistics."""
    keras.utils.set_random_seed(0)
    models = []
    for n_in, heads in ((6, [2, 2]), (2, [6])):
        inputs = keras.Input((n_in,))
        inner = keras.Sequential([keras.layers.BatchNormalization(momentum=0.9), keras.layers.Dropout(0.3)])
        h = keras.layers.GaussianNoise(0.1)(inner(keras.layers.Dense(8, "relu", kernel_regularizer="l2")(inputs)))
        outputs = [keras.layers.Dense(n)(h) for n in heads]
        models.append(keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0]))
    vae = VAE(*models, seed=0)
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    return vae


def test_moving_statistics_and_the_draws_of_layers_are_resumed_to_the_bit(eager, x, tmp_path):
    options = {"itr": 6, "log_every": 3, "batch_size": 25, "on_nan": "stop"}
    whole = training(drawing_vae(), x, x_test=x[:20], **options)
    whole.run(6)
    path = tmp_path / "model.ckpt.npz"
    cut = training(drawing_vae(), x, x_test=x[:20], checkpoint=path, checkpoint_every=1, **options)
    plan = cut.plan(6)
    monkey = replace(plan, steps_at_once=2)
    cut.plan = lambda stop: monkey
    asked = iter(range(100))

    def check():
        if next(asked) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut.attempt(monkey, check, None, None, "")
    state = read_state(path)
    assert state.iteration == 0 and state.steps > 0  # within an interval
    resumed = training(drawing_vae(), x, x_test=x[:20], **options)
    restore(resumed.vae, state, path)
    resumed.resume(state, path)
    resumed.run(6)
    assert resumed.rows == whole.rows and "regularization" in whole.rows[0]
    for a, b in zip(variables(whole.vae), variables(resumed.vae), strict=True):
        np.testing.assert_array_equal(a, b)


def test_going_back_takes_moving_statistics_and_draws_back_as_well(eager, x):
    run = training(drawing_vae(), x, itr=2, log_every=1)
    run.run(1)
    good = [np.array(variable) for variable in variables(run.vae)]
    run.vae.encoder.layers[2].layers[0].moving_mean.assign(np.full(8, np.nan))
    run.go_back(1, run.last)
    for kept, variable in zip(good, variables(run.vae), strict=True):
        if variable is not run.vae.optimizer._learning_rate:
            np.testing.assert_array_equal(kept, variable)


def test_a_learning_rate_that_falls_is_resumed_to_the_bit(make_vae, x, tmp_path):
    options = {"itr": 6, "log_every": 2, "batch_size": 25, "decay_from": 0.02}
    whole = training(make_vae(), x, **options)
    whole.run(6)
    last_block = 0.02 * 0.5 * (1 + np.cos(np.pi * 4 / 6))
    assert float(whole.vae.optimizer.learning_rate) == pytest.approx(last_block)
    path = tmp_path / "model.ckpt.npz"
    training(make_vae(), x, checkpoint=path, **options).run(4)
    resumed = training(make_vae(), x, **options)
    state = read_state(path)
    restore(resumed.vae, state, path)
    resumed.resume(state, path)
    resumed.run(6)
    assert resumed.rows == whole.rows
    for a, b in zip(variables(whole.vae), variables(resumed.vae), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_learning_rate_that_falls_goes_on_from_a_tenth_after_a_failure(fails_at, x):
    run = training(fails_at(12, bound=0.0015), x, decay_from=0.01)
    run.run(20)
    assert float(run.vae.optimizer.learning_rate) == pytest.approx(0.001 * 0.5 * (1 + np.cos(np.pi * 15 / 20)))


def test_a_learning_rate_with_a_schedule_of_its_own_is_not_made_to_fall(make_vae, x):
    vae = make_vae()
    vae.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)))
    with pytest.raises(InputError, match=r"schedule of its own\. Set train\.learning_rate_decay=null"):
        training(vae, x, decay_from=0.1).run(20)
