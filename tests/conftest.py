"""Small data and models that many tests share."""

import gc
import os
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # tolerances and bits are those of processors
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")  # each worker has a core: more threads wait for each other
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")
if "PYTEST_XDIST_WORKER" not in os.environ:  # the user's own cache stays as it is; all processes share this one
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="kvae-tests-")
    os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={os.environ['XDG_CACHE_HOME']}/xla"

import numpy as np
import pytest

LONG = ("test_cli", "test_replicas", "test_model", "test_resume")


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest: no worker is to be left with one at the end."""
    items.sort(key=lambda item: not item.path.stem.startswith(LONG))


def pytest_collection_finish():
    """Let the garbage collector pass over what all imports have made, each time it looks for what tests left."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)


def pytest_addoption(parser):
    parser.addoption("--note-skipped", metavar="FILE", help="add to FILE the tests that lack an extra")
    parser.addoption("--all-extras", action="store_true", help="fail the tests that lack an extra")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return for_want_of_an_extra(collector.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return for_want_of_an_extra(item.config, (yield))


def for_want_of_an_extra(config, report):
    """A report as it is; a test that was skipped because an extra is not installed is noted, or fails."""
    if report.skipped and "the extra [" in str(report.longrepr):
        if config.getoption("all_extras"):
            report.outcome, report.longrepr = "failed", f"with --all-extras: {report.longrepr[-1]}"
        if config.getoption("note_skipped"):
            with open(config.getoption("note_skipped"), "a") as file:
                file.write(f"{report.nodeid}\n")
    return report


@pytest.fixture
def x():
    """Binary observations in two groups, `(60, 6)`."""
    rng = np.random.default_rng(0)
    means = np.array([[0.9, 0.9, 0.9, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.9, 0.9, 0.9]])
    return (rng.random((60, 6)) < means[np.arange(60) % 2]).astype(np.float32)


@pytest.fixture(scope="module")
def eager():
    """Trace nothing in a file of tests: that takes longer than all that they compute."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(before)


@pytest.fixture
def make_vae():
    """Build a small, compiled VAE for vectors of six; keywords go to VAE or to the networks.

    Without XLA, whose compilation takes longer than anything that the tests do, unless a test asks for it.
    """
    import keras

    from kvae import VAE
    from kvae.layers import mlp_decoder, mlp_encoder

    def build(
        latent_dim=2,
        hidden=8,
        jit_compile=False,
        run_eagerly=False,
        optimizer=keras.optimizers.Adam,
        learning_rate=0.01,
        **kwargs,
    ):
        keras.utils.set_random_seed(0)
        vae = VAE(
            mlp_encoder((6,), latent_dim, hidden),
            mlp_decoder((6,), latent_dim, hidden),
            **{"seed": 0, **kwargs},
        )
        vae.compile(optimizer(learning_rate), jit_compile=jit_compile, run_eagerly=run_eagerly)
        return vae

    return build


@pytest.fixture(scope="module")
def ppca():
    """Probabilistic PCA as a VAE with its exact posterior: x = W z + b + noise of unit variance.

    Without XLA, and shared by the tests of a file: what they compile takes longer than what they compute.
    """
    import keras
    from scipy import stats

    from kvae import VAE

    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(5, 2)), rng.normal(size=5)
    precision = W.T @ W + np.eye(2)
    covariance = np.linalg.inv(precision)
    x_in, z_in = keras.Input((5,)), keras.Input((2,))
    mean = keras.layers.Dense(2)
    # The true posterior is correlated; the factorised one with its marginal variances is a valid proposal.
    log_var = keras.layers.Dense(2, kernel_initializer="zeros")
    encoder = keras.Model(x_in, [mean(x_in), log_var(x_in)])
    out = keras.layers.Dense(5)
    decoder = keras.Model(z_in, out(z_in))
    mean.set_weights([W @ covariance, -b @ W @ covariance])
    log_var.set_weights([np.zeros((5, 2)), np.log(np.diag(covariance))])
    out.set_weights([W.T, b])
    x = (rng.normal(size=(40, 2)) @ W.T + b + rng.normal(size=(40, 5))).astype(np.float32)
    exact = stats.multivariate_normal(b, W @ W.T + np.eye(5)).logpdf(x)
    vae = VAE(encoder, decoder, likelihood="gaussian", seed=0)
    vae.jit_compile = False
    return vae, x, exact, (W, b)
