import copy
import pickle
import random

import keras
import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from kvae.sklearn import VAEDetector, VAEImputer, VAETransformer
from kvae.sklearn.base import seed_from
from kvae.sklearn.build import build_vae, steps_of
from kvae.uses.scores import anomaly_scores

# Nothing is compiled here: compiling takes longer than all that is computed.
TINY = {"latent_dim": 2, "hidden_encoder_dim": 8, "hidden_decoder_dim": [8, 7], "itr": 2, "random_state": 0}
TINY |= {"jit_compile": False, "learning_rate": 0.01}
X = np.random.default_rng(0).normal(size=(60, 2)) @ [[3.0, 1.0, 0.0, 2.0], [0.0, 1.0, 50.0, 0.1]] + [0, 5, 9, -1]

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture(scope="module")
def transformer():
    return VAETransformer(**TINY).fit(X)


@pytest.fixture(scope="module")
def detector():
    return VAEDetector(**TINY, contamination=0.1).fit(X)


def network(model, z):
    """A network of `kvae.networks.mlp` in NumPy and float64, its heads side by side."""
    weights = [weight.astype(np.float64) for weight in model.get_weights()]
    heads = 2 if len(model.outputs) == 2 else 1
    for W, b in zip(weights[: -2 * heads : 2], weights[1 : -2 * heads : 2], strict=True):
        z = np.maximum(z @ W + b, 0)
    return [z @ weights[i] + weights[i + 1] for i in range(len(weights) - 2 * heads, len(weights), 2)]


def standardised(X):
    return (X - globals()["X"].mean(0)) / globals()["X"].std(0)


def log_likelihood(model, x, z):
    log_var = model.likelihood.log_var.numpy().astype(np.float64)
    square = (x - network(model.decoder, z)[0]) ** 2
    return -0.5 * (square * np.exp(-log_var) + log_var + np.log(2 * np.pi)).sum(-1)


def test_codes_are_the_encoders_of_standardised_columns(transformer):
    z_mean, _ = network(transformer.model_.encoder, standardised(X))
    codes = transformer.transform(X)
    np.testing.assert_allclose(codes, z_mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(VAETransformer(**TINY).fit_transform(X), codes)
    assert list(transformer.get_feature_names_out()) == ["vaetransformer0", "vaetransformer1"]


def test_reconstructions_are_in_the_datas_own_units(transformer):
    z = np.random.default_rng(1).normal(size=(7, 2))
    expected = network(transformer.model_.decoder, z)[0] * X.std(0) + X.mean(0)
    np.testing.assert_allclose(transformer.inverse_transform(z), expected, rtol=1e-4, atol=1e-4)


def test_score_is_the_mean_elbo(transformer):
    x, eps = standardised(X), np.random.default_rng(2).normal(size=(2000, 60, 2))
    z_mean, z_log_var = network(transformer.model_.encoder, x)
    log_p = log_likelihood(transformer.model_, x, z_mean + np.exp(z_log_var / 2) * eps).mean(0)
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(1)
    assert transformer.score(X) == pytest.approx((log_p - kl).mean(), abs=0.2)
    assert transformer.score(X) == transformer.score(X)


def test_samples_are_decoded_draws_of_the_prior(transformer):
    drawn = network(transformer.model_.decoder, np.random.default_rng(3).normal(size=(20_000, 2)))[0]
    drawn = drawn * X.std(0) + X.mean(0)
    sample = transformer.sample(1000)
    assert np.all(np.abs(sample.mean(0) - drawn.mean(0)) < 5 * drawn.std(0) / np.sqrt(1000))
    np.testing.assert_allclose(sample.std(0), drawn.std(0), rtol=0.15)
    np.testing.assert_array_equal(transformer.sample(1000), sample)


def test_scores_are_the_elbo_at_the_posterior_mean_in_scikit_learns_sign(detector):
    x = standardised(X)
    z_mean, z_log_var = network(detector.model_.encoder, x)
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(1)
    elbo = log_likelihood(detector.model_, x, z_mean) - kl
    np.testing.assert_allclose(detector.score_samples(X), elbo, rtol=1e-4)
    assert detector.offset_ == pytest.approx(np.quantile(elbo, 0.1), rel=1e-4)
    np.testing.assert_array_equal(detector.decision_function(X), detector.score_samples(X) - detector.offset_)
    np.testing.assert_array_equal(detector.predict(X), np.where(elbo < np.quantile(elbo, 0.1), -1, 1))
    assert np.sum(detector.predict(X) == -1) == 6
    far = X[:5] + 10 * X.std(0)
    assert np.all(detector.predict(far) == -1)


def test_held_out_rows_are_not_learnt_and_set_the_threshold():
    detector = VAEDetector(**TINY, contamination=0.25, validation_fraction=0.3).fit(X)
    number = np.random.default_rng(detector.seed_).permutation(60)
    held_out, learnt = X[np.sort(number[:18])], X[np.sort(number[18:])]
    alone = VAEDetector(**TINY).fit(learnt)
    np.testing.assert_array_equal(detector.score_samples(X), alone.score_samples(X))
    assert detector.offset_ == pytest.approx(np.quantile(alone.score_samples(held_out), 0.25))
    assert detector.offset_ != pytest.approx(np.quantile(alone.score_samples(learnt), 0.25))
    with pytest.raises(ValueError, match=r"n_fraction`=0.3 must leave two rows to learn. Received: 2 rows"):
        detector.fit(X[:2])


@pytest.mark.parametrize(("score", "n_samples"), [("reconstruction", None), ("elbo", 3), ("nll", 5)])
def test_scores_are_those_of_the_command_line(detector, score, n_samples):
    other = copy.copy(detector).set_params(anomaly_score=score, n_samples=n_samples)
    expected = -anomaly_scores(other.model_, standardised(X), score, n_samples, seed=other.seed_)
    np.testing.assert_allclose(other.score_samples(X), expected, rtol=1e-5)


def test_clones_and_pickles(detector, transformer):
    again = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(again.transform(X), transformer.transform(X))
    np.testing.assert_array_equal(again.sample(3), transformer.sample(3))
    assert not hasattr(clone(detector), "model_")
    np.testing.assert_array_equal(clone(detector).fit_predict(X), detector.predict(X))


def test_seeds_come_from_any_random_state():
    assert seed_from(0) == seed_from(np.random.RandomState(0)) != seed_from(1)
    assert seed_from(None) != seed_from(None)


def test_the_users_process_keeps_its_random_numbers_and_settings(detector):
    keras.utils.set_random_seed(5)
    expected = random.random(), np.random.random(), float(keras.random.uniform(()))
    keras.utils.set_random_seed(5)
    before = keras.config.floatx(), keras.config.dtype_policy().name
    other = VAEDetector(**{**TINY, "random_state": 1}).fit(X)
    assert np.abs(other.score_samples(X) - detector.score_samples(X)).max() > 0.01
    assert (random.random(), np.random.random(), float(keras.random.uniform(()))) == expected
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == before


def test_pipelines_and_data_frames():
    frame = pl.DataFrame(dict(zip("abcd", X.T, strict=True)))
    pipeline = make_pipeline(StandardScaler().set_output(transform="polars"), VAETransformer(**TINY, scale="none"))
    codes = pipeline.set_output(transform="polars").fit_transform(frame)
    assert codes.columns == ["vaetransformer0", "vaetransformer1"]
    assert list(pipeline[-1].feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        pipeline[-1].transform(frame.rename({"a": "e"}))


def test_a_search_finds_the_larger_score():
    y = np.where(np.arange(60) % 5 == 0, -1, 1)
    grid = {"hidden_encoder_dim": np.array([1, 8])}  # searches give NumPy's integers
    scoring = {"roc_auc": "roc_auc", "elbo": lambda estimator, X, y: estimator.score(X)}
    folds = [(np.arange(30), np.arange(30, 60))]
    search = GridSearchCV(VAEDetector(**TINY), grid, scoring=scoring, refit="elbo", cv=folds, error_score="raise")
    search.fit(X, y)
    normal, outliers = (search.decision_function(X)[y == label] for label in (1, -1))
    assert search.scorer_["roc_auc"](search, X, y) == pytest.approx(np.mean(normal[:, None] > outliers))
    assert search.best_score_ == search.cv_results_["mean_test_elbo"].max()


@pytest.mark.parametrize(
    ("estimator", "arguments", "message"),
    [
        (VAETransformer, {"latent_dim": 0}, "`latent_dim` must be an integer >= 1. Received: latent_dim=0"),
        (VAETransformer, {"itr": 2.5}, "Received: itr=2.5"),
        (VAETransformer, {"batch_size": 0}, "Received: batch_size=0"),
        (VAETransformer, {"hidden_decoder_dim": [5, -1]}, "Received: hidden_decoder_dim=-1"),
        (VAETransformer, {"KL_param": -1.0}, "Received: KL_param=-1.0"),
        (VAETransformer, {"learning_rate": 0}, "> 0. Received: learning_rate=0"),
        (VAETransformer, {"weight_stddev": "wide"}, "Received: weight_stddev='wide'"),
        (VAETransformer, {"likelihood": "poissen"}, "Received: likelihood='poissen'"),
        (
            VAETransformer,
            {"jit_compile": "yes"},
            "must be True or False. Received: jit_compile='yes'",
        ),
        (VAETransformer, {"latent_dim": True}, "Received: latent_dim=True"),
        (VAETransformer, {"scale": "robust"}, "one of none, minmax, standard. Received: scale='robust'"),
        (VAETransformer, {"likelihood": "bernoulli"}, r"needs `X` in \[0, 1\]; pass scale='minmax'.*'standard'"),
        (VAETransformer, {"scale": "none", "learning_rate": 1e30}, r"not finite.*learning_rate=1e\+30"),
        (VAEDetector, {"contamination": 0.6}, r"in \(0, 0.5\]. Received: contamination=0.6"),
        (VAEDetector, {"validation_fraction": 1.0}, r"in \(0, 1\). Received: validation_fraction=1.0"),
        (VAEDetector, {"validation_fraction": True}, "Received: validation_fraction=True"),
        (VAEDetector, {"anomaly_score": "mse"}, "reconstruction, nll. Received: anomaly_score='mse'"),
        (VAEDetector, {"n_samples": 0}, "Received: n_samples=0"),
    ],
)
def test_wrong_parameters(estimator, arguments, message):
    with pytest.raises(ValueError, match=message):
        estimator(**{**TINY, **arguments}).fit(X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda vae: vae.transform(X[:, :3]), "X has 3 features, but VAETransformer is expecting 4"),
        (lambda vae: vae.inverse_transform(X), r"`z` must have shape \(n, 2\).*\(60, 4\)"),
        (lambda vae: vae.sample(0), "Received: n=0"),
        (lambda vae: vae.transform(X * 1e300), r"finite in float32.*e\+30\d, scale='standard'"),
    ],
)
def test_wrong_data(transformer, call, message):
    with pytest.raises(ValueError, match=message):
        call(transformer)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([VAETransformer(**TINY), VAEDetector(**TINY)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("n", "itr", "batch_size", "steps"), [(100, 3, 32, 12), (96, 3, 32, 9), (100, 3, None, 3), (5, 2, 64, 2)]
)
def test_steps_are_the_batches_of_all_passes(n, itr, batch_size, steps):
    assert steps_of({"itr": itr, "batch_size": batch_size}, n) == steps


@pytest.mark.parametrize(
    ("most", "asked", "compiled"), [(4, None, True), (5, None, False), (5, True, True), (4, False, False)]
)
def test_xla_compiles_where_training_is_long(monkeypatch, most, asked, compiled):
    monkeypatch.setattr("kvae.sklearn.build.XLA_FROM", most)
    parameters = VAETransformer(**(TINY | {"itr": 2, "batch_size": 4, "jit_compile": asked})).get_params()
    assert build_vae(parameters, (8, 3), 0).jit_compile is compiled  # four steps


def test_lazy_tables_are_refused_in_a_sentence():
    table = pl.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 0.5, 3.0]})
    for estimator in (VAEDetector(), VAETransformer(), VAEImputer(), VAEImputer(missing_values=-1)):
        estimator.set_params(latent_dim=1, itr=1, jit_compile=False)
        for given in (table.lazy(), table.lazy().with_columns(c=pl.lit("x"))):
            with pytest.raises(ValueError, match=r"^`X` must be a table in memory: call \.collect\(\)"):
                estimator.fit(given)
        use = getattr(estimator.fit(table), "score_samples", None) or estimator.transform
        with pytest.raises(ValueError, match=r"^`X` must be a table in memory: call \.collect\(\)"):
            use(table.lazy())
