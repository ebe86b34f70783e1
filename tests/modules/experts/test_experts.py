import copy
from types import SimpleNamespace

import numpy as np
import pytest

import kvae.modules as srk
from kvae import plots
from kvae.errors import InputError
from kvae.modules.experts.alignment import rotations
from kvae.modules.experts.kinds import opinion
from kvae.modules.hooks import Sent, View
from kvae.modules.message import pooled

RNG = np.random.default_rng(0)
N, D = 60, 3
LABELS = np.arange(N) % 3
CODES = np.eye(3)[LABELS] * 2 + RNG.normal(size=(2, N, D)) * 0.5
VARIANCES = RNG.uniform(0.1, 0.6, size=(2, N, D))


class Codes(srk.Module):
    """Stands in for a VAE: sends given codes and variances."""

    takes_gaps = True

    def __init__(self, z, var, name, folder):
        super().__init__(name, folder=folder)
        self.var = var
        self.set_forward_msg(z)

    def get_forward_var(self):
        return self.var


def connected(tmp_path, codes=CODES, variances=VARIANCES, **keywords):
    below = [Codes(z, v, f"vae{i}", tmp_path) for i, (z, v) in enumerate(zip(codes, variances, strict=True), 1)]
    experts = srk.Experts(**keywords)
    experts.connect(*below)
    return below, experts


def test_each_hears_the_others_in_its_own_frame(tmp_path):
    below, experts = connected(tmp_path)
    experts.update()
    turn = rotations(CODES)[1]
    assert np.abs(turn - np.eye(D)).max() > 0.01
    first, second = (module.get_backward_msg() for module in below)
    # Of two, each is told what the other has; variances are turned as variances.
    np.testing.assert_allclose(first.mean, CODES[1] @ turn, rtol=1e-9)
    np.testing.assert_allclose(first.cov, VARIANCES[1] @ turn**2, rtol=1e-9)
    np.testing.assert_allclose(second.mean, CODES[0] @ turn.T, rtol=1e-9)
    precision = 1 / VARIANCES[0] + 1 / (VARIANCES[1] @ turn**2) - 1
    joint = (CODES[0] / VARIANCES[0] + CODES[1] @ turn / (VARIANCES[1] @ turn**2)) / precision
    np.testing.assert_allclose(experts.get_forward_msg(), joint, rtol=1e-9)
    np.testing.assert_allclose(experts.get_forward_var(), 1 / precision, rtol=1e-9)
    folder = tmp_path / "module002_experts"
    assert sorted(path.name for path in folder.iterdir()) == ["model.npz", "z_learn.txt"]
    np.testing.assert_allclose(np.loadtxt(folder / "z_learn.txt"), joint, rtol=1e-5)


def test_recog_infers_other_rows_with_what_was_learnt(tmp_path):
    _, experts = connected(tmp_path)
    experts.update()
    learnt = (tmp_path / "module002_experts/model.npz").read_bytes()
    _, again = connected(tmp_path, CODES[:, ::2], VARIANCES[:, ::2], mode="recog")
    again.update()
    np.testing.assert_allclose(again.get_forward_msg(), experts.get_forward_msg()[::2], rtol=1e-12)
    assert (tmp_path / "module002_experts/model.npz").read_bytes() == learnt
    sent = experts.infer_from([Sent(z[:4], v[:4]) for z, v in zip(CODES, VARIANCES, strict=True)])
    np.testing.assert_allclose(sent.forward, experts.get_forward_msg()[:4], rtol=1e-12)
    np.testing.assert_allclose(sent.var, experts.get_forward_var()[:4], rtol=1e-12)


def test_what_is_above_takes_the_place_of_the_standard_prior(tmp_path):
    below, experts = connected(tmp_path, align=False)
    above = srk.Gaussian(np.full((N, D), 0.7), np.full((N, D), 0.5))
    experts.set_backward_msg(above)
    experts.update(write=False)
    expected = opinion("poe", experts.turn(CODES, VARIANCES), above, np.ones(2), without=0)
    np.testing.assert_allclose(below[0].get_backward_msg().mean, expected.mean)
    cov = np.tile(np.array([[0.5, 0.2, 0], [0.2, 0.5, 0], [0, 0, 1.0]]), (N, 1, 1))
    experts.set_backward_msg(srk.Gaussian(np.zeros((N, D)), cov))
    experts.update(write=False)
    own = np.linalg.inv(cov[0]) + np.diag(1 / VARIANCES[1, 0] - 1)
    np.testing.assert_allclose(below[0].get_backward_msg().cov[0], np.linalg.inv(own))
    np.testing.assert_allclose(
        below[0].get_backward_msg().mean[0], np.linalg.solve(own, CODES[1, 0] / VARIANCES[1, 0])
    )


def test_rows_that_lack_a_modality_hear_of_it_from_the_others(tmp_path):
    codes = CODES.copy()
    codes[0, :5], codes[1, 3:8] = np.nan, np.nan
    below, experts = connected(tmp_path, codes, align=False)
    experts.know(LABELS)
    experts.update()
    first, second = (module.get_backward_msg() for module in below)
    np.testing.assert_allclose(first.mean[:3], CODES[1, :3])
    np.testing.assert_allclose(second.mean[5:8], CODES[0, 5:8])
    for message in (first, second):  # rows 3 and 4 have neither
        assert np.isfinite(message.mean).all()
        np.testing.assert_allclose(message.mean[3:5], 0)
        np.testing.assert_allclose(message.cov[3:5], 1)
    joint = experts.get_forward_msg()
    assert np.isnan(joint[3:5]).all() and np.isfinite(np.delete(joint, [3, 4], axis=0)).all()
    assert experts.measure()["knn_accuracy"] > 0.9
    assert experts.progress()["experts_apart"] > 0
    experts.draw(View(labels=LABELS))
    assert (tmp_path / "module002_experts/latent_learn.png").is_file()
    experts.set_backward_msg(np.full((N, D), 0.3))
    experts.update(write=False)
    np.testing.assert_allclose(experts.get_forward_msg()[3:5], 0.3)


def test_damping_ramp_and_unit_variances(tmp_path):
    below, experts = connected(tmp_path, align=False, damping=0.25, ramp=2)
    whole = connected(tmp_path, align=False)[1]
    whole.update(write=False)
    experts.update(write=False)
    full = whole._sent[0]
    first = pooled([full], [0.5])
    np.testing.assert_allclose(below[0].get_backward_msg().mean, first.mean)
    experts.update(write=False)
    second = pooled([first, full], [0.25, 0.75])
    np.testing.assert_allclose(below[0].get_backward_msg().mean, second.mean)
    np.testing.assert_allclose(below[0].get_backward_msg().cov, second.cov)
    below, experts = connected(tmp_path, align=False, message="mean")
    experts.update(write=False)
    assert below[0].get_backward_msg().cov is None


def test_what_messages_put_into_posteriors_can_be_divided_out(tmp_path):
    _, experts = connected(tmp_path, align=False, divide="messages")
    experts.update(write=False)
    np.testing.assert_array_equal(experts.contained, np.ones((2, D)))
    sent = [message.cov for message in experts._sent]
    experts.update(write=False)
    np.testing.assert_allclose(experts.contained, [np.mean(1 / cov, axis=0) for cov in sent])


def test_it_goes_on_as_if_it_had_not_stopped(tmp_path):
    below, experts = connected(tmp_path, kind="mopoe", weights=[1.0, 2.0], damping=0.3, divide="messages")
    experts.update()
    state = {name: np.array(array) for name, array in experts.state().items()}
    other_below, other = connected(tmp_path, kind="mopoe", weights=[1.0, 2.0], damping=0.3, divide="messages")
    other.resume(other.read(tmp_path / "module002_experts/model.npz"))
    other.resend()
    np.testing.assert_array_equal(other_below[1].get_backward_msg().cov, below[1].get_backward_msg().cov)
    experts.update(write=False)
    other.update(write=False)
    assert other.state().keys() == experts.state().keys() == state.keys()
    for name, array in experts.state().items():
        np.testing.assert_array_equal(other.state()[name], array)


def test_new_rows_are_told_to_all_alike(tmp_path):
    _, experts = connected(tmp_path)
    experts.update(write=False)
    above = srk.Gaussian(np.full((4000, D), 0.5), np.full((4000, D), 0.25))
    first, second = experts.sample(4000, np.random.default_rng(0), above)
    np.testing.assert_allclose(first.mean, second.mean @ experts.maps[1], atol=1e-12)
    np.testing.assert_allclose(first.mean.mean(0), 0.5, atol=0.03)
    np.testing.assert_allclose(first.mean.var(0), 0.25, atol=0.03)


def test_it_draws_what_the_others_tell_of_data(tmp_path, monkeypatch):
    below, experts = connected(tmp_path)
    x = RNG.uniform(size=(N, 4, 4, 1))
    x[1::2] = np.nan
    below[0].connect(srk.Observation(np.nan_to_num(x), folder=tmp_path))
    below[0].observed[0]._forward = x
    below[0].model = SimpleNamespace(
        likelihood=SimpleNamespace(given=False), decode=lambda z: np.resize(z[:, :1], (len(z), 16))
    )
    experts.update(write=False)
    drawn = {}
    monkeypatch.setattr(
        type(experts.folder), "write_figure", lambda self, name, *shown: drawn.update({name: shown})
    )
    experts.draw(View())
    assert sorted(drawn) == ["latent_learn", "told_vae1"]
    draw, observed, told, rows = drawn["told_vae1"]
    assert all(row % 2 == 0 for row in rows) and 0 < len(rows) <= 10
    np.testing.assert_allclose(observed, x[rows], rtol=1e-6)
    z = below[0].get_backward_msg().mean[rows].astype(np.float32)
    np.testing.assert_allclose(told.reshape(len(rows), 16), np.resize(z[:, :1], (len(rows), 16)))
    assert len(draw(observed, told, rows).axes) == 2 * len(rows)
    assert plots.told(observed[:, :2, 0, 0], told[:, :2, 0, 0], rows).axes


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"kind": "pow"}, "kind must be one of poe, moe, mopoe. Received: kind='pow'"),
        ({"divide": "all"}, "divide must be one of prior, messages. Received: divide='all'"),
        ({"message": "full"}, "message must be one of diag, mean. Received: message='full'"),
        ({"align": 1}, "align must be True or False. Received: align=1"),
        ({"damping": 1.0}, "damping must be a number >= 0 and < 1. Received: damping=1.0"),
        ({"ramp": -1}, "ramp must be an integer >= 0. Received: ramp=-1"),
        ({"floor": 0}, "floor must be a number > 0 and <= 1. Received: floor=0"),
        ({"weights": [1.0, 0.0]}, "weights must be a finite number > 0. Received: weights=0.0"),
        ({"weights": 2.0}, "weights must be a list of numbers > 0. Received: weights=2.0"),
        ({"weights": "11"}, "weights must be a list of numbers > 0. Received: weights='11'"),
    ],
)
def test_arguments_are_checked(keywords, text):
    with pytest.raises(InputError, match=text.replace("[", r"\[")):
        srk.Experts(**keywords)


def test_what_is_observed_is_checked(tmp_path):
    def refused(text, *args, **keywords):
        with pytest.raises(InputError, match=text):
            connected(tmp_path, *args, **keywords)[1].update(write=False)

    refused("experts needs at least two modules to observe. Received: vae1", CODES[:1], VARIANCES[:1])
    refused(r"one for each of vae1, vae2. Received: 3", weights=[1, 1, 1])
    refused(r"one latent_dim. Received: vae1 \(60, 3\), vae2 \(60, 2\)", [CODES[0], CODES[1][:, :2]])
    refused("needs the variances of what it observes, and vae2 sends none", variances=[VARIANCES[0], None])
    refused(
        r"needs a variance > 0 .* from vae1: shape \(60, 3\), 0 to 0", variances=[VARIANCES[0] * 0, VARIANCES[1]]
    )
    broken = CODES.copy()
    broken[1, 7, 1] = np.nan
    refused("experts needs finite numbers. Received from vae2: NaN or infinity in row 7", broken)
    with pytest.raises(InputError, match=r"whole rows of codes.* Received from vae2: some NaN in row 7"):
        connected(tmp_path)[1].infer_from([Sent(z, v) for z, v in zip(broken, VARIANCES, strict=True)])
    with pytest.raises(InputError, match=r"kind=mopoe is for at most 10 modules.* Received: 11"):
        connected(tmp_path, [CODES[0]] * 11, [VARIANCES[0]] * 11, kind="mopoe")
    with pytest.raises(InputError, match=r"has learnt nothing yet: there is no .*model.npz"):
        connected(tmp_path / "empty", mode="recog")[1].update()


def test_messages_from_above_and_states_are_checked(tmp_path):
    _, experts = connected(tmp_path)
    experts.update()
    for message, text in (
        (np.zeros((N, 2)), r"shape \(n, 3\), .* Received from a module above: shape \(60, 2\)"),
        (np.full((N, D), np.nan), "needs a finite message. Received from a module above: NaN"),
        (srk.Gaussian(np.zeros((N, D)), -np.ones((N, D))), "the message from a module above to experts"),
    ):
        with pytest.raises(InputError, match=text):
            experts.set_backward_msg(message)
    _, three = connected(tmp_path, [*CODES, CODES[0]], [*VARIANCES, VARIANCES[0]], mode="recog")
    three.use_folder(copy.copy(experts.folder))
    with pytest.raises(InputError, match=r"experts learnt from 2 modules. It now observes 3"):
        three.update()
    with pytest.raises(InputError, match=r"learnt from 2 modules with codes of 3 dimensions. Received: 2 with 2"):
        experts.infer_from([Sent(z[:, :2], v[:, :2]) for z, v in zip(CODES, VARIANCES, strict=True)])
