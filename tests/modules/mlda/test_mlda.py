"""The module: its messages by brute force, gaps, files, recognition, going on, and mistakes."""

import itertools

import numpy as np
import pytest

import kvae.modules as srk
from kvae.errors import InputError
from kvae.modules import nodes
from kvae.modules.hooks import View
from kvae.modules.mlda.allocation import floored
from kvae.modules.mlda.topics import Topics
from kvae.modules.mlda.words import all_words
from kvae.options.rules import build_section
from kvae.plots.topics import telling

LABELS = np.arange(120) % 3
RNG = np.random.default_rng(0)
SOUND = RNG.multinomial(30, np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]])[LABELS])
SEEN = 0.8 * np.eye(3)[LABELS] + 0.2 / 3


class Given(srk.Module):
    """Sends what it is given, NaN too."""

    def __init__(self, data, name, folder=None):
        super().__init__(name, folder=folder)
        self.set_forward_msg(np.asarray(data, float))


def connected(tmp_path, *data, **keywords):
    given = [Given(values, f"in{m}", tmp_path) for m, values in enumerate(data or (SEEN, SOUND))]
    mlda = srk.MLDA(3, n_starts=3, **keywords)
    mlda.connect(*given)
    return mlda, given


def test_it_finds_the_classes_and_writes_serkets_files(tmp_path):
    mlda, given = connected(tmp_path, weights=[200, 200], category=LABELS)
    mlda.update()
    assert mlda.measure() == {"accuracy": 1.0, "nmi": 1.0, "ari": 1.0}
    folder = tmp_path / "module002_mlda"
    p = np.loadtxt(folder / "Pdz_learn.txt")
    np.testing.assert_array_equal(p, mlda.get_forward_msg())
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(np.loadtxt(folder / "categories_learn.txt"), p.argmax(axis=1))
    assert np.loadtxt(folder / "acc_learn.txt") == 1.0
    for m, module in enumerate(given):
        sent = module.get_backward_msg()
        np.testing.assert_allclose(sent.sum(axis=1), 1.0)
        np.testing.assert_allclose(np.loadtxt(folder / f"Pmdw[{m}]_learn.txt"), sent, rtol=1e-6)
    assert sorted(path.name for path in folder.iterdir()) == [
        "Pdz_learn.txt", "Pmdw[0]_learn.txt", "Pmdw[1]_learn.txt", "acc_learn.txt", "categories_learn.txt",
        "model.npz",
    ]  # fmt: skip


def test_weights_say_how_much_modalities_count_beside_each_other(tmp_path):
    found = {}
    for weights in ([2, 2], [200, 200], [1, 3]):
        mlda, _ = connected(tmp_path, weights=weights)
        mlda.update(write=False)
        found[tuple(weights)] = mlda
    np.testing.assert_array_equal(found[2, 2].get_forward_msg(), found[200, 200].get_forward_msg())
    assert found[1, 3].topics.trust[0] == pytest.approx(0.5)
    as_given, _ = connected(tmp_path, weights=[200, 60], calibrate=False)
    as_given.update(write=False)
    assert as_given.topics.trust == [1.0, 1.0]
    evidence = 200 * SEEN @ np.log(as_given.topics.words[0]).T + 2 * SOUND @ np.log(as_given.topics.words[1]).T
    log_p = np.log(as_given.topics.shares) + evidence
    expected = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        as_given.get_forward_msg(), expected / expected.sum(axis=1, keepdims=True), atol=1e-12
    )


def test_messages_are_those_of_the_joint_table(tmp_path):
    words = [np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), np.array([[0.9, 0.1], [0.4, 0.6]])]
    mlda = srk.MLDA(2)
    mlda.topics = Topics(np.array([0.3, 0.7]), words, [1.0, 1.0])
    above = np.array([[0.2, 0.8]])
    mlda.connect(Given(np.ones((1, 3)), "a"), Given(np.ones((1, 2)), "b"))
    # A row of two words of the first kind and one of the second: p(z, first, second, new word) over all of them.
    for first, second in itertools.product(itertools.product(range(3), repeat=2), range(2)):
        joint = np.array([0.3, 0.7]) * above[0]
        of_first, of_second = words[0][:, first].prod(axis=1), words[1][:, second]
        counts = [np.bincount(first, minlength=3)[None], np.bincount([second], minlength=2)[None]]
        messages = mlda.infer(counts, above)
        p = joint * of_first * of_second
        np.testing.assert_allclose(messages.forward[0], p / p.sum())
        down = [(joint * of_second) @ words[0], (joint * of_first) @ words[1]]
        for found, expected in zip(messages.backward, down, strict=True):
            np.testing.assert_allclose(found[0], expected / expected.sum())


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_what_is_inferred_for_a_row_is_a_plain_computation_and_not_of_other_rows(alpha, tmp_path):
    mlda, _ = connected(tmp_path, alpha=alpha)
    mlda.update(write=False)
    data, above = [SEEN, SOUND], 0.5 * np.eye(3)[LABELS[::-1]] + 0.5 / 3
    whole = mlda.infer(data, above)
    some = mlda.infer([values[5:9] for values in data], above[5:9])
    np.testing.assert_allclose(some.forward, whole.forward[5:9], rtol=1e-9)
    np.testing.assert_allclose(some.backward[1], whole.backward[1][5:9], rtol=1e-9)
    topics = mlda.topics
    for n in (0, 50, 119):
        prior = topics.shares * above[n] / (topics.shares @ above[n])
        log_p = np.log(prior) + sum(
            factor * (words @ values[n]) for factor, words, values in
            zip(topics.trust, map(np.log, topics.words), data, strict=True)
        )  # fmt: skip
        p = np.exp(log_p - log_p.max())
        p = p / p.sum()
        if alpha:  # folding in, word by word in plain NumPy
            from scipy.special import digamma

            words = np.concatenate(topics.words, axis=1)
            x = np.concatenate([f * values[n] for f, values in zip(topics.trust, data, strict=True)])
            a = floored(alpha * 3 * prior[None])[0]
            gamma = a + x.sum() * (0.9 * p + 0.1 / 3)
            for _ in range(2000):
                q = np.exp(digamma(gamma))[:, None] * words
                gamma = a + (x * q / q.sum(axis=0)).sum(axis=1)
            p = gamma / gamma.sum()
        np.testing.assert_allclose(whole.forward[n], p, atol=1e-6)


def test_rows_that_lack_a_modality_take_part_with_what_they_have(tmp_path):
    seen, sound = SEEN.copy(), SOUND.astype(float)
    seen[:10], sound[5:20] = np.nan, np.nan
    mlda, _ = connected(tmp_path, seen, sound, category=LABELS)
    mlda.update()
    p = mlda.get_forward_msg()
    assert np.isnan(p[5:10]).all() and np.isfinite(np.delete(p, range(5, 10), axis=0)).all()
    np.testing.assert_array_equal(mlda.classes[5:10], -1)
    assert mlda.measure()["accuracy"] > 0.95
    alone = mlda.topics.shares * np.exp(mlda.topics.trust[0] * SEEN[12] @ np.log(mlda.topics.words[0]).T)
    np.testing.assert_allclose(p[12], alone / alone.sum())
    sent = mlda.observed[1].get_backward_msg()
    np.testing.assert_allclose(sent[12], p[12] @ mlda.topics.words[1])  # what the other says of it
    np.testing.assert_allclose(sent[7], mlda.topics.shares @ mlda.topics.words[1])
    above = np.full((120, 3), np.nan)
    above[7] = [0.1, 0.1, 0.8]
    found = mlda.infer([seen, sound], above).forward
    expected = mlda.topics.shares * above[7]
    np.testing.assert_allclose(found[7], expected / expected.sum())
    np.testing.assert_allclose(found[30], p[30])
    mlda.set_backward_msg(above)
    mlda.update()
    assert mlda.classes[7] == 2 and mlda.classes[8] == -1
    assert np.isnan(mlda.get_forward_msg()[7]).all()  # what was said above is no news there
    only = mlda.infer([np.full((2, 3), np.nan), SOUND[:2]])
    assert np.isfinite(only.forward).all()


def test_a_mixture_below_gets_the_posterior_by_all_that_is_known(tmp_path):
    rng = np.random.default_rng(1)
    labels = rng.choice(3, 400, p=[0.7, 0.2, 0.1])
    sound = rng.multinomial(
        3, np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]])[labels]
    )
    obs = srk.Observation(np.eye(3)[labels] * 3 + rng.normal(size=(400, 3)), folder=tmp_path)
    gmm, heard = srk.GMM(3, n_starts=3, concentration=0.01), Given(sound, "sound")
    mlda = srk.MLDA(3, n_starts=3, trust=0.0)
    gmm.connect(obs)
    mlda.connect(gmm, heard)
    gmm.update(write=False)
    mlda.update()
    alone, weights = gmm.get_forward_msg(), gmm.mixture.weights
    assert weights.min() < 0.2
    p = mlda.topics.shares * np.exp(mlda.topics.trust[1] * sound @ np.log(mlda.topics.words[1]).T)
    predicted = p / p.sum(axis=1, keepdims=True) @ mlda.topics.words[0]  # p(class | sound)
    found = gmm.infer([obs.get_forward_msg()], gmm.get_backward_msg()).forward
    expected = alone / weights * predicted  # p(z | class) p(class | sound)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(np.loadtxt(mlda.folder.path / "Pmdw[0]_learn.txt"), predicted, rtol=1e-5)
    other = srk.MLDA(3)  # whatever it says of trust
    other.connect(gmm, heard)
    other.resume(mlda.read(mlda.folder.state))
    np.testing.assert_array_equal(other._sent[0], mlda._sent[0])


def test_topics_that_share_a_class_below_are_told_apart(tmp_path):
    """Of two topics that a mixture has in one component, one is sent to the component that is left."""

    class Mixture(Given):
        def get_forward_prior(self):
            return np.array([0.64, 0.02, 0.34])

    merged = np.array([[0.96, 0.02, 0.02], [0.95, 0.03, 0.02], [0.01, 0.01, 0.98]])[LABELS]
    given = [Mixture(merged, "gmm", tmp_path), Given(SOUND, "sound", tmp_path)]
    sent = {}
    for trust in (0.0, 0.5):
        mlda = srk.MLDA(3, n_starts=6, trust=trust)
        mlda.connect(*given)
        mlda.update(write=False)
        named = np.array([np.bincount(mlda.classes[label == LABELS]).argmax() for label in range(3)])
        words = mlda.topics.words[0][named]  # by the rows' own classes
        told = (words + trust * np.eye(3)) / (1.0 + trust)
        p = mlda.topics.infer(mlda.words([merged, SOUND]), leave_out=0)[:, named]
        expected = p @ told / given[0].get_forward_prior()
        sent[trust] = mlda._sent[0]
        np.testing.assert_allclose(sent[trust], expected / expected.sum(axis=1, keepdims=True), rtol=1e-9)
    second = LABELS == 1
    assert (sent[0.5].argmax(axis=1) == LABELS).mean() > 0.9
    assert sent[0.5][second, 1].mean() > 1.5 * sent[0.0][second, 1].mean()


def test_classes_from_above_lead_where_words_say_nothing(tmp_path):
    mlda, _ = connected(tmp_path, np.full((120, 3), 1 / 3), np.ones((120, 4)))
    mlda.update(write=False)
    mlda.set_backward_msg(SEEN)
    mlda.update(write=False)
    np.testing.assert_array_equal(mlda.classes, LABELS)
    product = mlda.combine([SEEN, np.full((120, 3), np.nan), SEEN])
    np.testing.assert_allclose(product, SEEN**2 / (SEEN**2).sum(axis=1, keepdims=True))


def test_it_does_not_hear_itself_through_a_module_below(tmp_path):
    z = np.eye(3)[LABELS] * 2 + np.random.default_rng(1).normal(size=(120, 3))
    obs, sound = srk.Observation(z, folder=tmp_path), Given(SOUND, "sound")
    gmm, mlda = srk.GMM(3, n_starts=2), srk.MLDA(3, n_starts=2)
    gmm.connect(obs)
    mlda.connect(gmm, sound)
    gmm.update(write=False)
    alone = gmm.get_forward_msg()
    mlda.update(write=False)
    np.testing.assert_allclose(mlda.without_echo(mlda.get_observations())[0], alone, atol=1e-12)
    gmm.mode = "recog"
    gmm.update(write=False)
    assert np.abs(gmm.get_forward_msg() - alone).max() > 0.05  # it heard
    np.testing.assert_allclose(mlda.without_echo(mlda.get_observations())[0], alone, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_it_goes_on_and_recognises_with_the_same_numbers(alpha, tmp_path):
    seen, sound = SEEN.copy(), SOUND.astype(float)
    seen[:6], sound[3:9] = np.nan, np.nan  # three rows lack both
    mlda, _ = connected(tmp_path / "a", seen, sound, weights=[2, 30], alpha=alpha)
    mlda.update()
    mlda.update()
    again, given = connected(tmp_path / "b", seen, sound, weights=[2, 30], alpha=alpha)
    again.update()
    more, given = connected(tmp_path / "c", seen, sound, weights=[2, 30], alpha=alpha)
    more.resume(again.read(tmp_path / "b/module002_mlda/model.npz"))
    more.resend()
    np.testing.assert_array_equal(given[1].get_backward_msg(), again._sent[1])
    more.update()
    for name in ("model.npz", "Pdz_learn.txt", "Pmdw[1]_learn.txt"):
        assert (tmp_path / "c/module002_mlda" / name).read_bytes() == (
            tmp_path / "a/module002_mlda" / name
        ).read_bytes()
    found, _ = connected(tmp_path / "a", seen[::2], sound[::2], mode="recog", category=LABELS[::2])
    found.update()
    np.testing.assert_allclose(found.get_forward_msg(), mlda.get_forward_msg()[::2], rtol=1e-9)
    assert (tmp_path / "a/module002_mlda/acc_recog.txt").is_file()


def test_the_messages_of_held_out_rows_are_kept_but_for_data(tmp_path):
    obs, given = srk.Observation(SOUND, folder=tmp_path), Given(SEEN, "in1")
    mlda = srk.MLDA(3, n_starts=2)
    mlda.connect(given, obs)
    mlda.update(write=False)
    mlda.held_out = mlda.infer([SEEN[:7], SOUND[:7]])
    mlda.save()
    other = srk.MLDA(3)
    other.connect(given, obs)
    other.resume(mlda.read(mlda.folder.state))
    np.testing.assert_array_equal(other.held_out.forward, mlda.held_out.forward)
    np.testing.assert_array_equal(other.held_out.backward[0], mlda.held_out.backward[0])
    assert other.held_out.backward[1] is None


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_samples_have_topics_by_the_shares_and_what_is_above(alpha):
    words = [np.array([[0.7, 0.3], [0.1, 0.9]]), np.eye(2)]
    mlda = srk.MLDA(2)
    mlda.topics = Topics(np.array([0.25, 0.75]), words, [1.0, 1.0], alpha)
    first, second = mlda.sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(second.mean(axis=0), [0.25, 0.75], atol=0.03)
    np.testing.assert_allclose(first, second @ words[0])
    assert ((second == 0) | (second == 1)).all() == (alpha == 0)
    led = mlda.sample(4000, np.random.default_rng(0), np.tile([0.75, 0.25], (4000, 1)))[1]
    np.testing.assert_allclose(led.mean(axis=0), [0.5, 0.5], atol=0.03)


def test_it_draws_words_classes_and_rounds(tmp_path):
    images = srk.Observation(RNG.poisson(3.0, (120, 4, 4)), name="images", folder=tmp_path)
    mlda, sound = srk.MLDA(3, category=LABELS, n_starts=1), srk.Observation(SOUND, name="sound")
    mlda.connect(images, sound)
    mlda.update()
    mlda.draw(View(rounds=[{"round": 1, **mlda.measure()}]))
    assert sorted(path.stem for path in mlda.folder.path.glob("*.png")) == [
        "confusion_learn", "rounds", "topics_images", "topics_sound",
    ]  # fmt: skip


def test_of_many_words_those_are_drawn_that_tell_most_of_the_topic():
    words = np.full((2, 100), 0.01)
    words[0, [7, 50]], words[1, [7, 50]] = [0.02, 0.0], [0.0, 0.02]
    found = telling(words, np.log2(np.maximum(words, 1e-12) / words.mean(axis=0)))
    of_first = [word for word in found if words[0, word] >= words[1, word]]
    assert len(found) == 60 and 7 in of_first and found[-1] == 50


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"K": 0}, r"K must be an integer >= 1. Received: K=0"),
        ({"alpha": -1}, r"alpha must be a finite number >= 0. Received: alpha=-1"),
        ({"beta": 0}, r"beta must be a finite number > 0. Received: beta=0"),
        ({"trust": -1}, r"trust must be a finite number >= 0. Received: trust=-1"),
        ({"calibrate": 1}, r"calibrate must be True or False. Received: calibrate=1"),
        ({"weights": 200}, r"weights must be numbers > 0, one for each .*, or None. Received: weights=200"),
        ({"weights": [200, 0]}, r"weights must be numbers > 0.*Received: weights=\[200, 0\]"),
        ({"learnt": "x"}, r"learnt is for mode='recog'"),
    ],
)
def test_parameters_are_checked(keywords, text):
    with pytest.raises(InputError, match=text):
        srk.MLDA(**{"K": 3, **keywords})


@pytest.mark.parametrize(
    ("data", "keywords", "text"),
    [
        ((SEEN, -SOUND), {}, r"mlda needs counts, or class probabilities, >= 0. Received from in1: -\d+ in row 0"),
        ((SEEN, 0 * SOUND), {}, r"mlda needs words to learn from. Received from in1: none in all rows"),
        ((SEEN[:3], SOUND[:3]), {}, r"mlda needs more rows than topics. Received: 3 rows for K=3"),
        ((SEEN, SOUND[:9]), {}, r"the same number of rows from each module. Received: in0 120, in1 9"),
        ((SEEN, SOUND), {"weights": [1]}, r"weights must have a number for each .*in0, in1. Received: \[1.0\]"),
        ((SEEN, SOUND), {"category": LABELS[:5]}, r"shape \(120,\). Received: shape \(5,\)"),
        ((SEEN, SOUND), {"mode": "recog"}, r"mlda has learnt nothing yet: there is no .*model.npz"),
    ],
)
def test_what_is_observed_is_checked(data, keywords, text, tmp_path):
    with pytest.raises(InputError, match=text):
        connected(tmp_path, *data, **keywords)[0].update()


def test_a_row_must_lack_a_modality_as_a_whole():
    values = SEEN.copy()
    values[4, 1] = np.nan
    with pytest.raises(
        InputError, match=r"needs rows that are complete.*Received from in0: 1 of 3 missing in row 4"
    ):
        all_words([values], [None], "mlda", ["in0"])


def test_recognition_asks_for_what_was_learnt(tmp_path):
    connected(tmp_path)[0].update()
    for data, keywords, text in (
        ((SEEN,), {}, r"model.npz holds topics of 2 modalities. Received: mlda observes 1"),
        ((SOUND, SEEN), {}, r"mlda learnt from 3 and 4 words. Received: 4 and 3"),
        ((SEEN, SOUND), {"weights": [1, 2]}, r"was learnt with weights=None. Received: weights=\[1.0, 2.0\]"),
    ):
        other, _ = connected(tmp_path, *data, mode="recog", learnt=tmp_path / "module002_mlda", **keywords)
        with pytest.raises(InputError, match=text):
            other.update()
    few = srk.MLDA(2, mode="recog", learnt=tmp_path / "module002_mlda")
    few.connect(Given(SEEN, "a", tmp_path), Given(SOUND, "b"))
    with pytest.raises(InputError, match=r"holds 3 topics. Received: K=2"):
        few.update()


def test_messages_from_above_are_checked(tmp_path):
    mlda, _ = connected(tmp_path)
    for message, text in (
        (np.ones((120, 2)), r"\(n, 3\). Received from a module above: shape \(120, 2\)"),
        (np.zeros((120, 3)), r"not all 0 in a row. Received from a module above: 0 to 0"),
    ):
        with pytest.raises(InputError, match=text):
            mlda.set_backward_msg(message)


def test_a_node_of_a_network_has_its_arguments():
    values = {"module": "mlda", "observes": ["a", "b"], "K": 4, "weights": [200, 100], "alpha": 0.1}
    made = nodes.build("one", build_section(nodes.options_for("k", values, True), values, "k."), 3, "k")
    assert (made.name, made.K, made.weights, made.alpha, made.seed) == ("one", 4, [200.0, 100.0], 0.1, 3)
    with pytest.raises(InputError, match=r"k.weights must be a list of finite numbers > 0.*Received: \[0\]"):
        build_section(nodes.options_for("k", values, True), values | {"weights": [0]}, "k.")
