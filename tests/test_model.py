import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers import SGD
from scipy.special import expit

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.modules.model_file import load_vae
from kvae.training import compiling


def numpy_loss(vae, x, z, KL_param, prior_mu=0.0):
    """The loss of given draws `(n_samples, n, latent_dim)`, computed anew in float64 from the weights."""

    def dense(model, name, h):
        kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer(name).get_weights())
        return h @ kernel + bias

    h = np.maximum(dense(vae.encoder, "hidden_1", x.astype(np.float64)), 0)
    z_mean, z_log_var = dense(vae.encoder, "z_mean", h), dense(vae.encoder, "z_log_var", h)
    p = expit(dense(vae.decoder, "output", np.maximum(dense(vae.decoder, "hidden_1", z), 0)))
    reconstruction = -(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(-1).mean(0)
    kl = 0.5 * ((z_mean - prior_mu) ** 2 + np.exp(z_log_var) - 1 - z_log_var).sum(-1)
    return (reconstruction + KL_param * kl).mean(), reconstruction.mean(), kl.mean()


def draw_as_training_does(vae, x, n_samples, jit_compile):
    @tf.function(jit_compile=jit_compile)
    def draw():
        return vae.sampling(*vae.encoder(x), n_samples=n_samples)

    z = draw().numpy().astype(np.float64)
    vae.sampling.reset(vae.seed)
    return z


@pytest.mark.parametrize("mode", ["jit", "graph", "eager"])
@pytest.mark.parametrize("n_samples", [1, 4])
def test_the_whole_loss_is_that_of_a_second_implementation(make_vae, x, mode, n_samples):
    vae = make_vae(
        optimizer=SGD, n_samples=n_samples, KL_param=2.0, jit_compile=mode == "jit", run_eagerly=mode == "eager"
    )
    prior_mu = np.random.default_rng(1).normal(size=(len(x), 2)).astype(np.float32)
    z = draw_as_training_does(vae, x, n_samples, jit_compile=mode == "jit")
    expected = numpy_loss(vae, x, z, 2.0, prior_mu)
    logs = vae.fit({"x": x, "prior_mu": prior_mu}, batch_size=len(x), shuffle=False, verbose=0).history
    reported = [logs[name][0] for name in ("loss", "reconstruction", "kl")]
    np.testing.assert_allclose(reported, expected, rtol=1e-4)


def test_a_block_takes_the_same_steps_as_its_batches(make_vae, x):
    weight = np.ones((3, 20), np.float32)
    weight[2, 5:] = 0.0
    rows = np.random.default_rng(0).permutation(60).reshape(3, 20)
    by_batch, by_rows, by_blocks = make_vae(run_eagerly=True), make_vae(), make_vae()
    for batch, w in zip(rows, weight, strict=True):
        by_batch.train_on_batch(x[batch], sample_weight=w)
    block = {"sample_weight": weight, "n": np.full(3, 20.0, np.float32), "steps": 3}

    def fit(vae, block):
        vae.fit(tf.data.Dataset.from_tensors(block), verbose=0, shuffle=False)

    fit(by_rows, block | {"x": x, "rows": rows})
    fit(by_blocks, block | {"x": x[rows]})
    for expected, a, b in zip(*(v.get_weights() for v in (by_batch, by_rows, by_blocks)), strict=True):
        np.testing.assert_allclose(a, expected, atol=1e-5)
        np.testing.assert_array_equal(a, b)


def test_a_block_stops_at_its_number_of_steps(make_vae, x):
    vae = make_vae(optimizer=SGD)
    block = {"x": np.stack([x, x, x]), "sample_weight": np.ones((3, 60), np.float32), "steps": 2}
    vae.fit(tf.data.Dataset.from_tensors(block), verbose=0, shuffle=False)
    assert int(vae.optimizer.iterations) == 2


def test_KL_param_0_gives_the_gradient_of_a_plain_autoencoder(make_vae, x):
    vae = make_vae(KL_param=0.0)
    with tf.GradientTape() as tape:
        loss = vae.compute_loss(x)
    gradients = tape.gradient(loss, vae.trainable_weights)
    vae.sampling.reset(0)
    with tf.GradientTape() as tape:
        z = vae.sampling(*vae.encoder(x))
        logits = vae.decoder(z)
        loss = tf.reduce_mean(
            tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits), axis=-1)
        )
    for ours, plain in zip(gradients, tape.gradient(loss, vae.trainable_weights), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-6)


def test_learning_against_a_constant_message_moves_the_codes_there(make_vae, x):
    vae = make_vae()
    message = np.tile(np.array([[3.0, -2.0]], np.float32), (len(x), 1))
    vae.fit({"x": x, "prior_mu": message}, epochs=300, batch_size=len(x), verbose=0)
    np.testing.assert_allclose(vae.encode(x)[0].mean(0), [3.0, -2.0], atol=0.2)


def test_learning_lowers_the_loss_and_sees_the_groups(make_vae, x):
    vae = make_vae(latent_dim=1)
    history = vae.fit(x, epochs=150, batch_size=20, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] - 0.5
    code = vae.encode(x)[0][:, 0]
    assert abs(np.corrcoef(code, np.arange(60) % 2)[0, 1]) > 0.9


def test_two_fits_with_one_seed_are_the_same_to_the_bit(make_vae, x):
    first, second = make_vae(jit_compile=True), make_vae(jit_compile=True)
    for vae in (first, second):
        keras.utils.set_random_seed(1)
        vae.fit(x, epochs=5, batch_size=16, verbose=0)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("likelihood", "how"),
    [
        ("bernoulli", {"jit_compile": True}),
        *((name, {"run_eagerly": True}) for name in ("gaussian", "gaussian_learnt")),
    ],
)
def test_a_saved_model_gives_the_same_to_the_bit_and_trains_on(make_vae, x, tmp_path, likelihood, how):
    vae = make_vae(**how, likelihood=likelihood, KL_param=0.5, n_samples=2, free_bits=0.1)
    vae.fit(x, epochs=3, batch_size=60, verbose=0)
    vae.save(tmp_path / "model.keras")
    again = load_vae(tmp_path / "model.keras")
    for ours, theirs in zip(vae.encode(x), again.encode(x), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(vae.reconstruct(x), again.reconstruct(x))
    for model in (vae, again):
        model.fit(x, epochs=3, batch_size=60, shuffle=False, verbose=0)
    for ours, theirs in zip(vae.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_config_is_complete(make_vae):
    vae = make_vae(KL_param=0.5, likelihood="gaussian_learnt", n_samples=3, free_bits=0.1, seed=7)
    config = vae.get_config()
    given = {"encoder", "decoder", "KL_param", "likelihood", "n_samples", "free_bits", "seed"}
    assert given <= config.keys()
    assert VAE.from_config(config).get_config() == config


@pytest.mark.parametrize("as_dataset", [False, True])
def test_fit_evaluate_and_predict_take_what_keras_takes(make_vae, x, as_dataset):
    vae = make_vae(optimizer=SGD)
    data = {"x": x, "prior_mu": np.zeros((60, 2), np.float32)}
    if as_dataset:
        data = tf.data.Dataset.from_tensor_slices(data).batch(20)
    history = vae.fit(data, validation_data=data, epochs=2, verbose=0).history
    assert {"loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl"} == history.keys()
    np.testing.assert_allclose(history["loss"], np.add(history["reconstruction"], history["kl"]), rtol=1e-5)
    outputs = vae.predict(x, verbose=0)
    np.testing.assert_allclose(outputs["z_mean"], vae.encode(x)[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(outputs["x_hat"], vae.reconstruct(x), rtol=1e-5)


def test_fit_takes_a_pydataset(make_vae, x):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return ({"x": x[20 * i : 20 * i + 20]},)

    assert np.isfinite(make_vae(optimizer=SGD).fit(Batches(), verbose=0).history["loss"]).all()


def test_sample_weight_0_leaves_observations_out(make_vae, x):
    weight = np.ones(60, np.float32)
    weight[30:] = 0.0
    vae, alone = make_vae(optimizer=SGD), make_vae(optimizer=SGD)
    some = vae.evaluate(x, sample_weight=weight, batch_size=60, verbose=0, return_dict=True)
    assert some["kl"] == pytest.approx(kl_of(vae, x)[:30].mean(), rel=1e-4)
    vae.fit(x, sample_weight=weight, batch_size=60, epochs=3, shuffle=False, verbose=0)
    for _ in range(3):
        alone.train_on_batch(x, sample_weight=weight)
    for a, b in zip(vae.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def kl_of(vae, x):
    z_mean, z_log_var = (array.astype(np.float64) for array in vae.encode(x))
    return 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(-1)


def test_evaluate_gives_the_same_every_time_and_ignores_schedule_and_free_bits(make_vae, x):
    plain, pressed = make_vae(), make_vae(free_bits=5.0)
    pressed.kl_scale.assign(0.1)
    pressed.kl_capacity.assign(3.0)
    first = plain.evaluate(x, verbose=0, return_dict=True)
    assert plain.evaluate(x, verbose=0, return_dict=True) == first
    assert pressed.evaluate(x, verbose=0, return_dict=True) == first


def test_the_schedule_scales_KL_param_in_training(make_vae, x):
    vae = make_vae(optimizer=SGD, KL_param=2.0)
    vae.kl_scale.assign(0.25)
    logs = vae.train_on_batch(x, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 0.5 * logs["kl"], rel=1e-5)


@pytest.mark.parametrize(("free_bits", "capacity"), [(0.0, 3.0), (0.5, 0.0), (5.0, 0.0), (5.0, 3.0), (5.0, 30.0)])
def test_free_bits_and_capacity_shape_what_is_trained_on(make_vae, x, free_bits, capacity):
    vae = make_vae(KL_param=2.0, free_bits=free_bits, run_eagerly=True)
    vae.kl_scale.assign(0.5)
    vae.kl_capacity.assign(capacity)
    z_mean, z_log_var = (array.astype(np.float64) for array in vae.encode(x))
    per_dim = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).mean(axis=0)
    pressed = abs(np.maximum(per_dim, free_bits).sum() - capacity)
    logs = vae.train_on_batch(x, return_dict=True)
    assert logs["kl"] == pytest.approx(per_dim.sum(), rel=1e-4)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 2.0 * 0.5 * pressed, rel=1e-5)


def test_KL_param_can_be_assigned_after_tracing(make_vae, x):
    vae = make_vae(optimizer=SGD, learning_rate=0.0)
    vae.train_on_batch(x)
    vae.KL_param = 100.0
    logs = vae.train_on_batch(x, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 100 * logs["kl"], rel=1e-5)
    with pytest.raises(ValueError, match="KL_param=-1"):
        vae.KL_param = -1


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"KL_param": -1.0}, "finite number >= 0. Received: KL_param=-1.0"),
        ({"KL_param": float("nan")}, "Received: KL_param=nan"),
        ({"n_samples": 0}, "integer >= 1. Received: n_samples=0"),
        ({"free_bits": -2.0}, "Received: free_bits=-2.0"),
        ({"likelihood": "poissen"}, "Received: likelihood='poissen'"),
        ({"KL_param": "1"}, "`KL_param` must be a finite number >= 0. Received: KL_param='1'"),
        ({"KL_param": True}, "Received: KL_param=True"),
        ({"n_samples": 1.5}, "Received: n_samples=1.5"),
        ({"n_samples": True}, "Received: n_samples=True"),
        ({"free_bits": None}, "Received: free_bits=None"),
        ({"seed": -1}, "`seed` must be an integer from 0 to .* Received: seed=-1"),
        ({"seed": 0.5}, "Received: seed=0.5"),
    ],
)
def test_arguments_are_checked(make_vae, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_vae(**kwargs)


def test_networks_must_fit_each_other():
    with pytest.raises(ValueError, match=r"must map \(batch, 3\) to \(batch, 6\).*\(None, 2\)"):
        VAE(mlp_encoder((6,), 3), mlp_decoder((6,), 2))
    with pytest.raises(ValueError, match="two outputs, z_mean and z_log_var"):
        VAE(keras.Sequential([keras.layers.Dense(2)]), mlp_decoder((6,), 2))
    inputs = keras.Input((6,))
    one_output = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    with pytest.raises(ValueError, match="two outputs"):
        VAE(one_output, mlp_decoder((6,), 2))


@pytest.mark.parametrize("shape", [(60, 1), (60, 3), (1, 2)])
def test_a_message_of_the_wrong_shape_does_not_broadcast(make_vae, x, shape):
    with pytest.raises(ValueError, match=r"`prior_mu` must have a row per observation"):
        make_vae().fit({"x": x, "prior_mu": np.zeros(shape, np.float32)}, verbose=0)


def test_targets_and_unknown_inputs_are_refused(make_vae, x):
    with pytest.raises(ValueError, match="without targets"):
        make_vae().fit(x, x[::-1], verbose=0)
    with pytest.raises(ValueError, match=r"Received keys: \['mu', 'x'\]"):
        make_vae().fit({"x": x, "mu": x}, verbose=0)


def test_a_damaged_or_foreign_model_file_is_one_clear_error(make_vae, tmp_path):
    path = tmp_path / "model.keras"
    make_vae().save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"model.keras is no model that can be read"):
        load_vae(path)
    mlp_encoder((6,), 2).save(path)
    with pytest.raises(ValueError, match=r"must hold a kvae\.VAE\. Received: Functional"):
        load_vae(path)


@pytest.mark.parametrize("shape", [(60, 2), (60, 2, 2)])
def test_a_message_may_bring_a_covariance(make_vae, x, shape):
    cov = (
        np.full(shape, 0.5, np.float32) if len(shape) == 2 else np.broadcast_to(0.5 * np.eye(2, dtype="f4"), shape)
    )
    mu = np.ones((60, 2), np.float32)
    vae = make_vae(run_eagerly=True)
    vae.fit({"x": x, "prior_mu": mu, "prior_cov": cov}, epochs=2, batch_size=20, verbose=0)
    z_mean, z_log_var = vae.encode(x)
    kl = 0.5 * np.sum(((z_mean - 1) ** 2 + np.exp(z_log_var)) / 0.5 - 1 - z_log_var + np.log(0.5), axis=-1)
    reported = vae.evaluate({"x": x, "prior_mu": mu, "prior_cov": cov}, verbose=0, return_dict=True)
    assert reported["kl"] == pytest.approx(kl.mean(), rel=1e-4)
    bound = vae.elbo(x, mu, prior_cov=cov) + kl
    np.testing.assert_allclose(bound, vae.elbo(x, mu) + vae_kl(z_mean, z_log_var, 1.0), rtol=1e-4)


def vae_kl(z_mean, z_log_var, mu):
    return 0.5 * np.sum((z_mean - mu) ** 2 + np.exp(z_log_var) - 1 - z_log_var, axis=-1)


def test_a_covariance_of_another_shape_is_refused(make_vae, x):
    with pytest.raises(ValueError, match=r"`prior_cov` must hold variances .*Received: shape \(60, 3\)"):
        make_vae().fit({"x": x, "prior_cov": np.ones((60, 3), np.float32)}, verbose=0)


def test_free_bits_and_a_full_covariance_exclude_each_other(make_vae, x):
    cov = np.broadcast_to(np.eye(2, dtype=np.float32), (60, 2, 2))
    with pytest.raises(ValueError, match=r"free_bits=0.1 with prior_cov"):
        make_vae(free_bits=0.1, run_eagerly=True).fit({"x": x, "prior_cov": cov}, verbose=0)


def test_networks_may_compute_in_bfloat16_while_weights_and_objective_stay_float32(make_vae, x, tmp_path):
    full = make_vae(run_eagerly=True)
    with compiling.precision("mixed_bfloat16"):
        half = make_vae(run_eagerly=True)
    assert keras.config.dtype_policy().name == "float32"
    half.set_weights(full.get_weights())
    assert half.encoder(x)[0].dtype == half.decoder(np.zeros((1, 2), np.float32)).dtype == tf.bfloat16
    assert {str(weight.dtype) for weight in half.trainable_weights} == {"float32"}
    ours, theirs = (vae.evaluate(x, verbose=0, return_dict=True) for vae in (half, full))
    assert ours["loss"] == pytest.approx(theirs["loss"], rel=0.02)
    assert ours["loss"] != theirs["loss"]
    half.fit(x, batch_size=20, epochs=2, verbose=0)
    half.save(tmp_path / "model.keras")
    loaded = load_vae(tmp_path / "model.keras")
    z_mean, z_log_var = loaded.encode(x)
    assert z_mean.dtype == z_log_var.dtype == loaded.decode(z_mean).dtype == np.float32
    np.testing.assert_array_equal(z_mean, half.encode(x)[0])


def test_evaluation_adds_the_kl_as_it_is_however_small(make_vae, x):
    vae = make_vae(KL_param=2.0)  # not trained: the KL of a dimension is far below a nat
    measured = vae.evaluate(x, return_dict=True, verbose=0)
    assert measured["kl"] < 1.0
    assert measured["loss"] == pytest.approx(measured["reconstruction"] + 2.0 * measured["kl"], rel=1e-5)
