import numpy as np
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes import learn, recog
from kvae.modes.build import build_vae
from kvae.modes.build_network import build_above, build_training
from kvae.modes.compatibility import check_data
from kvae.modules import vae_results
from kvae.modules.model_file import load_vae
from kvae.runs import RunFolder


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (["prior.n_components=500"], "below the number of learning rows, 160. Received: 500"),
        (["train.patience=5"], "train.patience=5 does not go with prior=gmm"),
    ],
)
def test_a_mixture_that_cannot_be_learnt_is_refused(overrides, text, tmp_path):
    config = compose("prior=gmm", "data.limit=200", "model=tiny", "train.jit_compile=false", *overrides)
    data, above = load_data(config.data, 0), build_above(config)
    with pytest.raises(InputError, match=text):
        check_data(config, data, None, above)
        build_training(config, data, build_vae(config, data.spec), above, RunFolder(tmp_path), None)


@pytest.fixture
def streamed(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((50, 6)).astype(np.float32))
    return ["data=file", f"data.path={tmp_path / 'x.npy'}", "data.memory=0", "model=tiny", "train.itr=2"]


@pytest.mark.parametrize("batch_size", ["null", "40", "100"])
def test_a_full_batch_of_streamed_rows_is_refused(streamed, batch_size):
    config = compose(*streamed, f"train.batch_size={batch_size}")
    with pytest.raises(InputError, match=rf"train.batch_size={batch_size} takes all 40 rows at once"):
        check_data(config, load_data(config.data, 0), None, [])


GMM = pytest.param(["prior=gmm", "prior.rounds=2", "prior.n_components=2"], marks=pytest.mark.slow)


@pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`")
@pytest.mark.parametrize("prior", [["prior=standard", "train.jit_compile=false"], GMM])
def test_streamed_rows_are_learnt_and_recognised(streamed, tmp_path, prior):
    options = [*streamed, "train.batch_size=10", "format=npy", *prior]
    folder, again = RunFolder(tmp_path / "learn", "npy"), RunFolder(tmp_path / "recog", "npy")
    learnt, _ = learn.run(compose(*options), folder)
    x = np.load(tmp_path / "x.npy")
    z = load_vae(folder.vae.model).encode(x)[0]
    np.testing.assert_allclose(np.load(folder.vae.path / "z_learn.npy"), z[:40], rtol=1e-4, atol=1e-6)
    mode = ["mode=recog", f"mode.run={folder.path}", "mode.split=all"]
    measured, _ = recog.run(compose(*options, *mode), again)
    np.testing.assert_allclose(np.load(again.vae.path / "z_recog.npy"), z, rtol=1e-4, atol=1e-6)
    assert np.isfinite([learnt["loss"], learnt["val_loss"], measured["loss"]]).all()


@pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`")
def test_reconstructions_that_are_left_out_are_no_large_file(streamed, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(vae_results, "MANY_NUMBERS", 20)
    options = [*streamed, "train.batch_size=10", "train.jit_compile=false"]
    caplog.set_level("INFO")
    learn.run(compose(*options, "mode.x_hat=false"), RunFolder(tmp_path / "learn"))
    use = ["mode=recog", f"mode.run={tmp_path / 'learn'}", "mode.split=all"]
    recog.run(compose(*options, *use, "mode.x_hat=false"), RunFolder(tmp_path / "without"))
    assert "text file" not in caplog.text
    recog.run(compose(*options, *use), RunFolder(tmp_path / "with"))
    assert "the reconstructions are a text file of 300 numbers; format=npy writes" in caplog.text


def test_a_run_that_overfits_says_so_unless_it_has_patience(tmp_path, caplog):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(24, 30)).astype(np.float32))
    keys = ["data=file", f"data.path={tmp_path / 'x.npy'}", "model=tiny"]
    keys += ["train.itr=60", "train.learning_rate=0.05"]
    keys += ["model.likelihood=gaussian", "train.jit_compile=false", "mode.x_hat=false"]
    learn.run(compose(*keys), RunFolder(tmp_path / "learn"))
    said = [message for message in caplog.messages if "overfits" in message]
    assert len(said) == 1 and said[0].startswith("warning: the model overfits: val_loss was ")
    assert "Type train.patience=6 to stop soon after that" in said[0]
    caplog.clear()
    learn.run(compose(*keys, "train.patience=50"), RunFolder(tmp_path / "again"))
    assert not [message for message in caplog.messages if "overfits" in message]
