import numpy as np
import pytest

import kvae.modules as srk
from kvae.errors import InputError


@pytest.fixture
def groups():
    """Two groups of binary observations far apart, `(120, 12)`, and which is which."""
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 2
    means = np.repeat([[0.95, 0.05], [0.05, 0.95]], 6, axis=1)
    return (rng.random((120, 12)) < means[labels]).astype(np.float32), labels


def small(**keywords):
    return srk.VAE(2, itr=60, hidden_encoder_dim=16, hidden_decoder_dim=16, learning_rate=0.01, **keywords)


def test_the_loop_of_the_design_separates_two_groups_and_writes_serkets_files(groups, tmp_path):
    x, labels = groups
    obs, vae, gmm = srk.Observation(x, folder=tmp_path), small(), srk.GMM(2, n_starts=3, category=labels)
    vae.connect(obs)
    gmm.connect(vae)
    for _ in range(3):
        vae.update()
        gmm.update()
    assert gmm.measure()["accuracy"] == 1.0
    assert len(gmm.small) == 0
    assert vae.training.iteration == 180
    folder = tmp_path / "module001_vae"
    states = {"model.ckpt.npz", "model.ckpt.previous.npz", "seconds.json"}
    assert {"model.keras", *states, "loss.txt", "z_learn.txt", "x_hat_learn.txt"} == {
        path.name for path in folder.iterdir()
    }
    np.testing.assert_array_equal(np.loadtxt(folder / "z_learn.txt").astype("f4"), vae.get_forward_msg())
    np.testing.assert_array_equal(obs.get_backward_msg(), vae.x_hat)
    assert np.loadtxt(folder / "loss.txt")[-1, 0] == 180

    vae_again, gmm_again = small(mode="recog"), srk.GMM(2, mode="recog")
    obs_again = srk.Observation(x[:7], folder=tmp_path)
    obs_again.order, vae_again.order, gmm_again.order = sorted(m.order for m in (obs_again, vae_again, gmm_again))
    vae_again.connect(obs_again)
    gmm_again.connect(vae_again)
    vae_again.update()
    gmm_again.update()
    np.testing.assert_allclose(vae_again.get_forward_msg(), vae.get_forward_msg()[:7], rtol=1e-5)
    np.testing.assert_array_equal(gmm_again.classes, gmm.classes[:7])


@pytest.mark.slow
def test_messages_of_zeros_give_the_vae_that_has_no_messages(groups, tmp_path):
    x, _ = groups
    alone, told = small(seed=3), small(seed=3)
    for vae in (alone, told):
        vae.connect(srk.Observation(x, folder=tmp_path / str(id(vae))))
    told.set_backward_msg(np.zeros((120, 2)))
    alone.update(write=False)
    told.update(write=False)
    np.testing.assert_array_equal(told.get_forward_msg(), alone.get_forward_msg())


def test_a_message_moves_the_codes(groups, tmp_path):
    x, labels = groups
    vae = small()
    vae.connect(srk.Observation(x, folder=tmp_path))
    mu = np.where(labels[:, None] == 1, 6.0, -6.0) * np.ones((120, 2))
    vae.set_backward_msg(srk.Gaussian(mu, np.full((120, 2), 0.1)))
    vae.update(itr=300, write=False)
    assert np.abs(vae.get_forward_msg() - mu).mean() < 1.0


def test_it_observes_several_modules_and_answers_each(groups, tmp_path):
    x, _ = groups
    left, right = srk.Observation(x[:, :5], name="l", folder=tmp_path), srk.Observation(x[:, 5:], name="r")
    vae = small(send="sample")
    vae.connect(left, right)
    vae.update(itr=2, write=False)
    assert left.get_backward_msg().shape == (120, 5)
    assert right.get_backward_msg().shape == (120, 7)
    assert vae.get_forward_var() is None


def test_a_sample_goes_upwards_where_it_is_asked_for(groups, tmp_path):
    x, _ = groups
    sent = {}
    for send in ("mean", "sample"):
        vae = small(send=send, seed=4)
        vae.connect(srk.Observation(x, folder=tmp_path))
        vae.update(itr=0, write=False)
        sent[send] = vae.get_forward_msg()
    z_mean, z_log_var = vae.model.encode(x)
    np.testing.assert_array_equal(sent["mean"], z_mean)
    np.testing.assert_array_equal(sent["sample"], vae.model.sample_posterior(x, seed=4))
    standardised = (sent["sample"] - z_mean) / np.exp(0.5 * z_log_var)
    assert abs(standardised.mean()) < 0.2 and 0.8 < standardised.std() < 1.2


def test_errors(groups, tmp_path):
    x, _ = groups
    vae = small()
    with pytest.raises(InputError, match=r"vae observes nothing yet"):
        vae.update()
    vae.connect(srk.Observation(x * 255, folder=tmp_path))
    with pytest.raises(
        InputError,
        match=r"vae: its observations must hold values in \[0, 1\] under .*x / 255.*Received: 255 in row",
    ):
        vae.update()
    with pytest.raises(
        InputError, match=r"a message of shape \(n, 2\).* Received from a module above: shape \(120, 3\)"
    ):
        vae.set_backward_msg(np.zeros((120, 3)))
    with pytest.raises(InputError, match=r"finite message"):
        vae.set_backward_msg(np.full((120, 2), np.nan))
    with pytest.raises(InputError, match=r"latent_dim must be an integer >= 1. Received: latent_dim=0"):
        srk.VAE(0)
    recog = small(mode="recog")
    recog.connect(srk.Observation(x, folder=tmp_path))
    with pytest.raises(InputError, match=r"vae has learnt nothing yet: there is no .*model.keras"):
        recog.update()


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"latent_dim": 2.0}, "latent_dim must be an integer >= 1. Received: latent_dim=2.0"),
        ({"latent_dim": True}, "latent_dim must be an integer >= 1. Received: latent_dim=True"),
        ({"latent_dim": "2"}, "latent_dim must be an integer >= 1. Received: latent_dim='2'"),
        ({"itr": 0}, "itr must be an integer >= 1. Received: itr=0"),
        ({"batch_size": 0}, "batch_size must be an integer >= 1. Received: batch_size=0"),
        ({"batch_size": 2.5}, "batch_size must be an integer >= 1. Received: batch_size=2.5"),
        ({"KL_param": -1}, "KL_param must be a finite number >= 0. Received: KL_param=-1"),
        ({"KL_param": float("nan")}, "KL_param must be a finite number >= 0. Received: KL_param=nan"),
        ({"KL_param": "1"}, "KL_param must be a finite number >= 0. Received: KL_param='1'"),
        ({"weight_stddev": -1}, "weight_stddev must be a finite number > 0. Received: weight_stddev=-1"),
        ({"weight_stddev": 0}, "weight_stddev must be a finite number > 0. Received: weight_stddev=0"),
        ({"hidden_encoder_dim": 0}, r"hidden_encoder_dim must be an integer >= 1, or a list of them.*=0"),
        ({"hidden_decoder_dim": [8, -1]}, r"hidden_decoder_dim must be .*hidden_decoder_dim=\[8, -1\]"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number > 0. Received: learning_rate=0.0"),
        (
            {"likelihood": "poissen"},
            r"likelihood must be one of bernoulli, .*table, or a node with a _target_. Received: 'poissen'",
        ),
        ({"likelihood": "binomial"}, "likelihood=binomial needs n, an integer >= 1"),
        ({"seed": -1}, "seed must be an integer >= 0. Received: seed=-1"),
        ({"seed": None}, "seed must be an integer >= 0. Received: seed=None"),
        ({"send": "all"}, "send must be one of mean, sample. Received: send='all'"),
        ({"name": "a/b"}, "name must be text without /.*name='a/b'"),
        ({"mode": None}, "mode must be one of learn, recog. Received: mode=None"),
        ({"log_every": 0}, "log_every must be an integer >= 1. Received: log_every=0"),
        ({"patience": -5}, "patience must be an integer >= 1. Received: patience=-5"),
        ({"min_delta": -1.0}, "min_delta must be a finite number >= 0"),
        ({"on_nan": "go on"}, "on_nan must be one of retry, stop. Received: on_nan='go on'"),
        ({"checkpoint_every": "soon"}, r"number of iterations >= 1, or a time such as 10min.*'soon'"),
        ({"learnt": "folder"}, "learnt is for mode='recog' only, which loads what was learnt"),
        ({"model": "mine"}, "model must be a kvae.VAE. Received: str"),
    ],
)
def test_parameters_are_checked_by_name(keywords, text):
    with pytest.raises(InputError, match=text):
        srk.VAE(**{"latent_dim": 2, **keywords})


def test_unknown_parameters_are_refused_before_anything_is_learnt():
    with pytest.raises(TypeError, match=r"VAE\(\) has no parameter patince. Did you mean patience\?"):
        srk.VAE(2, patince=3)


def test_numbers_of_numpy_are_numbers():
    vae = srk.VAE(np.int64(2), batch_size=np.int32(5), KL_param=np.float32(0.5), hidden_encoder_dim=[np.int64(3)])
    assert vae.build((4,)).latent_dim == 2


def test_a_model_of_ones_own_brings_its_parameters(make_vae):
    with pytest.raises(InputError, match=r"latent_dim must be that of the model, 2. Received: latent_dim=3"):
        srk.VAE(3, model=make_vae())
    with pytest.raises(InputError, match=r"leave out parameters that it has. Received: KL_param=4.0"):
        srk.VAE(2, KL_param=4.0, model=make_vae())
    fresh = make_vae()
    fresh.compiled = False
    with pytest.raises(InputError, match=r"must be compiled"):
        srk.VAE(2, model=fresh)
    assert srk.VAE(2, itr=3, model=make_vae()).model.latent_dim == 2


def test_recognition_says_what_was_learnt(make_vae, x, tmp_path):
    from kvae.modules.model_file import save_vae
    from kvae.runs import ModuleFolder

    learnt = make_vae(hidden=8, KL_param=0.5, likelihood="gaussian_learnt")
    learnt.train_on_batch(x)
    save_vae(learnt, tmp_path / "model.keras")

    def recog(latent_dim=2, **keywords):
        vae = srk.VAE(latent_dim, mode="recog", **keywords)
        vae.use_folder(ModuleFolder(tmp_path))
        vae.connect(srk.Observation(x))
        vae.update(write=False)
        return vae

    for keywords, text in (
        ({"latent_dim": 20}, "vae learnt with latent_dim=2: recognise with the same. Received: latent_dim=20"),
        ({"hidden_encoder_dim": 9}, r"vae learnt with hidden_encoder_dim=8: .*Received: hidden_encoder_dim=9"),
        ({"hidden_decoder_dim": [8, 8]}, r"learnt with hidden_decoder_dim=8: .*hidden_decoder_dim=\[8, 8\]"),
        ({"KL_param": 2}, r"learnt with KL_param=0.5: .*Received: KL_param=2"),
        ({"likelihood": "gaussian"}, r"learnt with likelihood='gaussian_learnt': .*likelihood='gaussian'"),
    ):
        with pytest.raises(InputError, match=text):
            recog(**keywords)
    same = recog(hidden_encoder_dim=[8], KL_param=0.5, likelihood="gaussian_learnt", itr=3, batch_size=7)
    np.testing.assert_array_equal(same.get_forward_msg(), recog().get_forward_msg())
    assert same.get_forward_msg().shape == (60, 2)


def test_counts_are_learnt_and_recognised_with_the_keys_of_their_likelihood(tmp_path):
    x = np.random.default_rng(0).binomial(5, 0.4, (30, 3))
    keys = {"likelihood": {"name": "binomial", "n": 5}, "itr": 2}
    vae = srk.VAE(1, folder=tmp_path, **keys)
    vae.connect(srk.Observation(x))
    vae.update(write=True)
    assert vae.x_hat.shape == (30, 3) and 0 < vae.x_hat.min() < vae.x_hat.max() < 5
    again = srk.VAE(1, mode="recog", folder=tmp_path, **keys)
    again.connect(srk.Observation(x))
    again.update(write=False)
    np.testing.assert_array_equal(again.get_forward_msg(), vae.get_forward_msg())
    other = srk.VAE(1, mode="recog", folder=tmp_path, likelihood={"name": "binomial", "n": 6})
    other.connect(srk.Observation(x))
    with pytest.raises(InputError, match=r"learnt with likelihood={'name': 'binomial', 'n': 5}: .*'n': 6}"):
        other.update(write=False)


def test_messages_bring_covariances_that_are_some():
    vae, mean = srk.VAE(2), np.zeros((3, 2))
    for cov, text in (
        (np.zeros((3, 2)), "the message from a module above to vae must hold variances > 0"),
        (np.full((3, 2), np.nan), "from a module above to vae must hold finite numbers"),
        (np.ones((3, 3)), "from a module above to vae must hold variances"),
        (np.ones((3, 2, 2)), "positive definite"),
    ):
        with pytest.raises(InputError, match=text):
            vae.set_backward_msg(srk.Gaussian(mean, cov))
    vae.set_backward_msg(srk.Gaussian(mean, np.ones((3, 2))))
