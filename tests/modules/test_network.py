"""Networks of modules: what of a config reaches them, and what they learn with it."""

import numpy as np
import pytest

from kvae import modules
from kvae.config import compose
from kvae.data import load_data
from kvae.modes import learn, recog
from kvae.modes.build import build_vae
from kvae.modes.build_network import build_above, build_training, kl_schedule
from kvae.modules.fixed_messages import split_messages
from kvae.modules.model_file import load_vae
from kvae.runs import RunFolder
from kvae.schedules import KLTerm
from kvae.training import compiling

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]
TINY = ["model=tiny", "data.limit=40", "train.jit_compile=false", "format=npy", "mode.x_hat=false"]

OF_THE_MIXTURE = {
    "n_components": 7, "itr": 13, "covariance_type": "diag", "equal_weights": True, "concentration": 2.5,
    "ridge": 0.3, "n_starts": 3, "message": "full", "damping": 0.25, "weight": 0.5, "ramp": 2,
}  # fmt: skip


def training_of(config, folder, schedule=None):
    data = load_data(config.data, 0)
    model = build_vae(config, data.spec)
    schedule = schedule or kl_schedule(config)
    return build_training(config, data, model, build_above(config), RunFolder(folder), schedule)


def test_every_key_of_the_mixture_reaches_it():
    (gmm,) = build_above(compose("prior=gmm", "seed=9", *(f"prior.{k}={v}" for k, v in OF_THE_MIXTURE.items())))
    names = {"n_components": "K"}
    assert {key: getattr(gmm, names.get(key, key)) for key in OF_THE_MIXTURE} == OF_THE_MIXTURE
    assert gmm.seed == 9


def test_every_key_of_training_reaches_it(tmp_path):
    keys = {
        "log_every": 3, "checkpoint_every": 4, "on_nan": "stop", "patience": 6, "min_delta": 0.5, "batch_size": 8,
        "itr": 11,
    }  # fmt: skip
    config = compose(*TINY, "seed=9", "data.binarize=dynamic", *(f"train.{k}={v}" for k, v in keys.items()))
    network = training_of(config, tmp_path, "a schedule")
    data = network.data
    training = network.vae.begun(data.train.x)
    found = {key: getattr(training, key) for key in (*keys, "seed", "binarize", "schedule")}
    assert found == keys | {"seed": 9, "binarize": "dynamic", "schedule": "a schedule"}
    assert training.x_test is data.test.x
    assert network.vae.latent_dim == 2


@pytest.mark.parametrize(
    ("overrides", "iteration", "expected"),
    [
        (["kl=constant"], 5, KLTerm()),
        (["kl=warmup"], 5, KLTerm(scale=0.2)),
        (["kl=warmup", "kl.n_iterations=50"], 5, KLTerm(scale=0.1)),
        (["kl=cyclical", "kl.n_cycles=2", "kl.ramp_fraction=0.4"], 55, KLTerm(scale=0.25)),
        (["kl=capacity", "kl.max_capacity=8", "kl.n_iterations=10"], 5, KLTerm(capacity=4.0)),
    ],
)
def test_the_schedule_is_that_of_the_config(overrides, iteration, expected):
    found = kl_schedule(compose(*overrides))(iteration, 100)
    assert found == pytest.approx(expected)


def test_what_is_learnt_is_pressed_by_the_schedule(tmp_path):
    config = compose(*TINY, "kl=capacity", "kl.max_capacity=50", "kl.n_iterations=0", "train.itr=2",
                     "model.KL_param=3")  # fmt: skip
    metrics, folder = learn.run(config, RunFolder(tmp_path, "npy"))
    rows = np.loadtxt(folder.vae.path / "loss.txt")
    np.testing.assert_allclose(rows[:, 1], rows[:, 2] + 3 * (50 - rows[:, 3]), rtol=1e-4)
    assert metrics["loss"] == pytest.approx(metrics["reconstruction"] + 3 * metrics["kl"], rel=1e-5)
    compiling.make_deterministic(jit_compile=True)  # the process's own: what is loaded asks for XLA
    vae = load_vae(folder.vae.model)  # as if there had been no schedule
    assert (float(vae.kl_scale), float(vae.kl_capacity), float(vae.KL_param)) == (1.0, 0.0, 3.0)


def test_messages_reach_what_is_learnt(tmp_path):
    keys = ["prior=gmm", "prior.n_components=2", "prior.rounds=2", "prior.n_starts=1", "train.itr=1"]
    config = compose(*TINY, *keys, "prior.damping=0.5", "prior.weight=0.25")
    rounds = training_of(config, tmp_path)
    rounds.run()
    (gmm,), sent = rounds.network.above, rounds.vae.get_backward_msg()
    assert gmm.updates == 2 and rounds.vae.training.iteration == 2
    np.testing.assert_array_equal(sent.mean, gmm.sent.mean)
    np.testing.assert_array_equal(rounds.message().as_prior()["prior_mu"], np.asarray(sent.mean, np.float32))
    held_out = gmm.mixture.responsibilities(rounds.vae.model.encode(rounds.data.test.x)[0])[0]
    expected = 0.25 * held_out @ gmm.mixture.means  # undamped: they have no message before
    np.testing.assert_allclose(rounds.held_out_message().as_prior()["prior_mu"], expected, rtol=1e-4)


@pytest.mark.slow
def test_convolutions_are_learnt_and_recognise(tmp_path):
    conv = ["model=conv", "model.filters=[4,6]", "model.hidden_encoder_dim=8", "model.hidden_decoder_dim=8",
            "model.latent_dim=3", "train.itr=8", "train.learning_rate=0.03", *TINY[1:]]  # fmt: skip
    folder, again = RunFolder(tmp_path / "learn", "npy"), RunFolder(tmp_path / "recog", "npy")
    learn.run(compose(*conv), folder)
    losses = np.loadtxt(folder.vae.path / "loss.txt")[:, 1]
    assert losses[-1] < losses[0] - 2
    model, fresh = load_vae(folder.vae.model), build_vae(compose(*conv), (8, 8, 1))
    for ours, before in zip(model.trainable_weights, fresh.trainable_weights, strict=True):
        assert not np.array_equal(ours, before), ours.path
    recog.run(compose(*conv, "mode=recog", f"mode.run={folder.path}", "mode.split=train"), again)
    np.testing.assert_allclose(
        np.load(again.vae.path / "z_recog.npy"), np.load(folder.vae.path / "z_learn.npy"), rtol=1e-4, atol=1e-5
    )
    assert not [*folder.path.rglob("x_hat*"), *again.path.rglob("x_hat*")]  # mode.x_hat=false


def test_the_module_is_a_module_of_the_config(tmp_path):
    config = compose(*TINY, "prior=message", f"prior.path={tmp_path / 'mu.npy'}")
    mu = np.arange(80.0, dtype=np.float32).reshape(40, 2)
    np.save(tmp_path / "mu.npy", mu)
    rounds = training_of(config, tmp_path)
    assert isinstance(rounds.vae, modules.VAE) and not rounds.network.learning
    np.testing.assert_array_equal(rounds.message().as_prior()["prior_mu"], mu[:32])
    np.testing.assert_array_equal(rounds.held_out_message().as_prior()["prior_mu"], mu[32:])


@pytest.mark.parametrize("split", ["last", "spread"])
def test_messages_of_a_file_go_to_the_rows_they_were_written_for(split):
    data = load_data(compose(*TINY, f"data.split={split}").data, 0)
    mu = data.everything.x.reshape(40, 64)
    for part, message in zip((data.train, data.test), split_messages(mu, data), strict=True):
        np.testing.assert_array_equal(message.mean, part.x.reshape(-1, 64))
