"""Every keyword of Keras's methods: it does what it does for a plain Keras model, or is refused in one sentence.

The tables are held against the signatures of the Keras that is installed: a keyword that Keras adds fails here
until somebody has decided what it means for a VAE.
"""

import inspect
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.training import compiling

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


def fitted(make_vae, x, **keywords):
    vae = make_vae()
    history = vae.fit(x, batch_size=20, **{"verbose": 0, "shuffle": False, **keywords})
    return history.history, vae.get_weights()


def plain():
    """A plain Keras model, for what Keras says."""
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6)])
    model.compile("sgd", "mse")
    return model


def both_epochs(make_vae, x, **keywords):
    ours = make_vae().fit(x, batch_size=60, **{"verbose": 0, "epochs": 3, **keywords})
    theirs = plain().fit(x, x, batch_size=60, **{"verbose": 0, "epochs": 3, **keywords})
    assert ours.epoch == theirs.epoch
    for name in ("loss", "val_loss"):
        assert len(ours.history.get(name, [])) == len(theirs.history.get(name, [])), name
    return ours


def fit_x(make_vae, x):
    for ours, theirs in zip(fitted(make_vae, x)[1], fitted(make_vae, tf.constant(x))[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def fit_weights(make_vae, x):
    halved = np.repeat([1.0, 0.0], 30)
    by_row = fitted(make_vae, x, sample_weight=list(halved))[0]
    assert by_row != fitted(make_vae, x)[0]
    for weights in (np.ones(59), -np.ones(60), np.full(60, np.nan)):
        with pytest.raises(ValueError, match="`sample_weight` must"):
            fitted(make_vae, x, sample_weight=weights)


def refused(keyword, value, message, method="fit"):
    def check(make_vae, x):
        vae = make_vae()
        arguments = () if method == "compile" else (x,)
        with pytest.raises(ValueError, match=message) as error:
            getattr(vae, method)(*arguments, **{keyword: value})
        assert keyword in str(error.value)

    return check


def out_of_range(keyword, *values):
    """Values that are refused, by the keyword's name and value."""

    def check(make_vae, x):
        vae = make_vae()
        for value in values:
            with pytest.raises(ValueError, match=f"`{keyword}` (must|needs).*{keyword}={re.escape(repr(value))}"):
                vae.fit(x, verbose=0, **{keyword: value})

    return check


def both(*checks):
    def check(make_vae, x):
        for one in checks:
            one(make_vae, x)

    return check


def no_split_of_data_sets(make_vae, x):
    for stream in (tf.data.Dataset.from_tensor_slices(x).batch(4), (x for _ in range(3))):
        with pytest.raises(ValueError, match=r"`validation_split` needs arrays: .*dataset.take"):
            make_vae().fit(stream, validation_split=0.2)


def epochs(**keywords):
    return lambda make_vae, x: both_epochs(make_vae, x, **keywords)


def batch_size(make_vae, x):
    vae = make_vae()
    vae.fit(x, batch_size=25, verbose=0)
    assert int(vae.optimizer.iterations) == 3
    for wrong in (0, -1, 2.5, "8"):
        with pytest.raises(ValueError, match=r"`batch_size` must be an integer >= 1"):
            vae.fit(x, batch_size=wrong, verbose=0)


def callback(make_vae, x):
    seen = []
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    make_vae().fit(x, epochs=2, callbacks=[told], verbose=0)
    assert seen == [0, 1]


def verbose(make_vae, x, capsys):
    for value, says in ((0, False), (2, True)):
        make_vae().fit(x, verbose=value)
        assert ("loss" in capsys.readouterr().out) is says


def shuffle(make_vae, x):
    assert fitted(make_vae, x, shuffle=True)[0] != fitted(make_vae, x, shuffle=False)[0]


def steps_per_epoch(make_vae, x):
    vae = make_vae()
    vae.fit(x, steps_per_epoch=2, verbose=0)
    assert int(vae.optimizer.iterations) == 2


def validation_batch_size(make_vae, x):
    kl = [
        make_vae()
        .fit(x, validation_data=x, validation_batch_size=size, shuffle=False, verbose=0)
        .history["val_kl"]
        for size in (7, 60)
    ]
    np.testing.assert_allclose(*kl, rtol=1e-5)


def validation_steps(make_vae, x):
    part = make_vae().fit(x, validation_data=x, validation_batch_size=20, validation_steps=1, verbose=0)
    whole = make_vae().fit(x, validation_data=x[:20], verbose=0)
    np.testing.assert_allclose(part.history["val_kl"], whole.history["val_kl"], rtol=1e-5)


FIT = {
    "x": fit_x,
    "y": refused("y", np.zeros(60), "without targets"),
    "batch_size": batch_size,
    "epochs": both(epochs(epochs=2), epochs(epochs=0), out_of_range("epochs", -1, 2.5, "3", None)),
    "verbose": verbose,
    "callbacks": callback,
    "validation_split": both(
        epochs(validation_split=0.25),
        out_of_range("validation_split", 1.5, -0.1, "a", None),
        no_split_of_data_sets,
    ),
    "validation_data": refused("validation_data", "x.csv", "`validation_data` must hold real numbers"),
    "shuffle": shuffle,
    "class_weight": refused("class_weight", {0: 1.0}, "it has no classes; weight rows by sample_weight"),
    "sample_weight": fit_weights,
    "initial_epoch": both(epochs(initial_epoch=1), out_of_range("initial_epoch", -1, 1.5)),
    "steps_per_epoch": steps_per_epoch,
    "validation_steps": validation_steps,
    "validation_batch_size": validation_batch_size,
    "validation_freq": both(
        epochs(validation_freq=2, validation_split=0.25),
        epochs(validation_freq=[1, 3], validation_split=0.25),
        out_of_range("validation_freq", 0, 1.5),
    ),
}


def compiled(keyword, value):
    """A keyword of `compile` that changes how training runs and not what comes of it."""

    def check(make_vae, x):
        plain, other = make_vae(), make_vae()
        other.compile(keras.optimizers.SGD(0.01), jit_compile=False, **{keyword: value})
        for vae in (plain, other):
            vae.fit(x, batch_size=20, shuffle=False, verbose=0)
        for ours, theirs in zip(plain.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)

    return check


def optimizer(make_vae, x):
    vae = make_vae()
    vae.compile("sgd")
    assert isinstance(vae.optimizer, keras.optimizers.SGD)
    with pytest.raises(ValueError, match="Could not"):
        vae.compile("sdg")
    with pytest.raises(ValueError, match="`optimizer` must be one of Keras"):
        vae.compile(None)


def jit_compile(make_vae, x):
    vae = make_vae()
    for given, holds in ((True, True), (False, False), ("auto", True)):
        vae.compile("adam", jit_compile=given)
        assert vae.jit_compile is holds


def auto_scale_loss(make_vae, x):
    compiled("auto_scale_loss", False)(make_vae, x)
    with compiling.precision("mixed_float16"):
        vae = make_vae()
    assert isinstance(vae.optimizer, keras.optimizers.LossScaleOptimizer)
    before = vae.get_weights()
    vae.train_on_batch(x)
    assert any((ours != theirs).any() for ours, theirs in zip(before, vae.get_weights(), strict=True))
    vae.compile(vae.optimizer.inner_optimizer, auto_scale_loss=False)
    assert not isinstance(vae.optimizer, keras.optimizers.LossScaleOptimizer)


def in_compile(keyword, value, message):
    return refused(keyword, value, message, method="compile")


COMPILE = {
    "optimizer": optimizer,
    "loss": in_compile("loss", "mse", r"choose its reconstruction term by VAE\(likelihood=...\)"),
    "loss_weights": in_compile("loss_weights", [2.0], r"weight the KL by VAE\(KL_param=...\)"),
    "metrics": in_compile("metrics", ["mse"], r"measure others on vae.reconstruct\(x\)"),
    "weighted_metrics": in_compile("weighted_metrics", ["mse"], r"measure others on vae.reconstruct\(x\)"),
    "run_eagerly": compiled("run_eagerly", True),
    "steps_per_execution": compiled("steps_per_execution", 2),
    "jit_compile": jit_compile,
    "auto_scale_loss": auto_scale_loss,
}


def measured(**keywords):
    def check(make_vae, x):
        vae = make_vae()
        usual = vae.evaluate(x, verbose=0, return_dict=True)
        other = vae.evaluate(x, verbose=0, return_dict=True, **keywords)
        assert other["kl"] == pytest.approx(usual["kl"], rel=1e-4)

    return check


def evaluate_weights(make_vae, x):
    vae = make_vae()
    half = vae.evaluate(x, sample_weight=np.repeat([1.0, 0.0], 30), verbose=0, return_dict=True)
    assert half["kl"] == pytest.approx(vae.evaluate(x[:30], verbose=0, return_dict=True)["kl"], rel=1e-4)


def evaluate_steps(make_vae, x):
    vae = make_vae()
    part = vae.evaluate(x, batch_size=20, steps=1, verbose=0, return_dict=True)
    assert part["kl"] == pytest.approx(vae.evaluate(x[:20], verbose=0, return_dict=True)["kl"], rel=1e-4)


def evaluate_callbacks(make_vae, x):
    seen = []
    told = keras.callbacks.LambdaCallback()
    told.on_test_end = lambda logs=None: seen.append(logs)
    make_vae().evaluate(x, callbacks=[told], verbose=0)
    assert len(seen) == 1


def evaluate_verbose(make_vae, x, capsys):
    make_vae().evaluate(x, verbose=0)
    assert not capsys.readouterr().out
    make_vae().evaluate(x, verbose=2)
    assert "loss" in capsys.readouterr().out


def return_dict(make_vae, x):
    vae = make_vae()
    named = vae.evaluate(x, return_dict=True, verbose=0)
    assert {"loss", "reconstruction", "kl"} <= named.keys()
    assert named["loss"] in vae.evaluate(x, verbose=0)


EVALUATE = {
    "x": measured(),
    "y": refused("y", np.zeros(60), "without targets", method="evaluate"),
    "batch_size": measured(batch_size=7),
    "verbose": evaluate_verbose,
    "sample_weight": evaluate_weights,
    "steps": evaluate_steps,
    "callbacks": evaluate_callbacks,
    "return_dict": return_dict,
    "kwargs": lambda make_vae, x: None,  # Keras's own, between its methods
}


def predicted(rows=60, **keywords):
    def check(make_vae, x):
        vae = make_vae()
        outputs = vae.predict(x, **{"verbose": 0, **keywords})
        np.testing.assert_allclose(outputs["z_mean"], vae.encode(x[:rows])[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(outputs["x_hat"], vae.reconstruct(x[:rows]), rtol=1e-4, atol=1e-6)

    return check


PREDICT = {
    "x": predicted(),
    "batch_size": predicted(batch_size=7),
    "verbose": predicted(verbose=2),
    "steps": predicted(rows=40, batch_size=20, steps=2),
    "callbacks": predicted(callbacks=[keras.callbacks.Callback()]),
}


def on_batch(method, **keywords):
    def check(make_vae, x):
        vae = make_vae()
        named = getattr(vae, method)(x, return_dict=True, **keywords)
        assert np.isfinite(list(named.values())).all()
        assert named["loss"] == pytest.approx(named["reconstruction"] + named["kl"], rel=1e-5)

    return check


def on_batch_weights(method):
    def check(make_vae, x):
        half, part = make_vae(learning_rate=0.0), make_vae(learning_rate=0.0)
        weighted = getattr(half, method)(x, sample_weight=np.repeat([1.0, 0.0], 30), return_dict=True)
        assert weighted["kl"] == pytest.approx(getattr(part, method)(x[:30], return_dict=True)["kl"], rel=1e-4)

    return check


ON_BATCH = {
    "x": on_batch,
    "y": lambda method: refused("y", np.zeros(60), "without targets", method=method),
    "sample_weight": on_batch_weights,
    "class_weight": lambda method: refused(
        "class_weight", {0: 1.0}, "weight rows by sample_weight", method=method
    ),
    "return_dict": on_batch,
}


def table(method, cases):
    return {(method, keyword): check for keyword, check in cases.items()}


def on_batch_table(method):
    names = parameters(getattr(keras.Model, method))
    return table(method, {name: ON_BATCH[name](method) for name in names if name in ON_BATCH})


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name != "self"]


def predict_on_batch(make_vae, x):
    vae = make_vae()
    np.testing.assert_allclose(vae.predict_on_batch(x)["z_mean"], vae.encode(x)[0], rtol=1e-4, atol=1e-6)


CASES = {
    **table("compile", COMPILE),
    **table("fit", FIT),
    **table("evaluate", EVALUATE),
    **table("predict", PREDICT),
    **on_batch_table("train_on_batch"),
    **on_batch_table("test_on_batch"),
    **table("predict_on_batch", {"x": predict_on_batch}),
}
METHODS = sorted({method for method, _ in CASES})


@pytest.mark.parametrize("method", METHODS)
def test_every_keyword_of_keras_is_dealt_with(method):
    theirs, ours = parameters(getattr(keras.Model, method)), parameters(getattr(VAE, method))
    assert ours == theirs, "of the same names, in the same order"
    assert set(theirs) == {keyword for name, keyword in CASES if name == method}


@pytest.mark.parametrize(("method", "keyword"), CASES, ids=map("-".join, CASES))
def test_a_keyword_does_what_keras_says_or_is_refused(make_vae, x, capsys, method, keyword):
    check = CASES[method, keyword]
    more = (capsys,) if "capsys" in inspect.signature(check).parameters else ()
    check(make_vae, x, *more)


def test_what_needs_compiling_says_so(x):
    vae = VAE(mlp_encoder((6,), 2, 4), mlp_decoder((6,), 2, 4))
    for method in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match=rf"call vae.compile\('adam'\) before vae.{method}\(...\)"):
            getattr(vae, method)(x)
