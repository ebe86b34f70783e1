"""Every callback of Keras does with a VAE what it does with a plain Keras model under `steps_per_execution`."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import callbacks as kc

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
]


class Told(kc.Callback):
    """Remembers the numbers of batches that it is told of."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended, self.steps = [], [], []

    def on_train_begin(self, logs=None):
        self.steps.append(self.params["steps"])

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.ended.append(batch)
        assert np.isfinite(logs["loss"])


def fit(vae, x, *callbacks, epochs=2, batch_size=20, **options):
    """Three batches a pass."""
    return vae.fit(x, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=list(callbacks), **options)


def compiled(make_vae, **options):
    vae = make_vae()
    vae.compile(options.pop("optimizer", "sgd"), jit_compile=False, **options)
    return vae


def model_checkpoint(make_vae, x, tmp_path):
    fit(make_vae(), x, kc.ModelCheckpoint(tmp_path / "{epoch}.keras", save_freq=3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "2.keras"]


def backup_and_restore(make_vae, x, tmp_path):
    class Cut(kc.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    whole, cut, resumed = (make_vae(optimizer=keras.optimizers.Adam) for _ in range(3))  # it has a state
    fit(whole, x, epochs=3)
    with pytest.raises(KeyboardInterrupt):
        fit(cut, x, kc.BackupAndRestore(tmp_path / "kept", save_freq="epoch"), Cut(), epochs=3)
    assert json.loads((tmp_path / "kept" / "training_metadata.json").read_text())["epoch"] == 2
    history = fit(resumed, x, kc.BackupAndRestore(tmp_path / "kept"), epochs=3)
    assert history.epoch == [2]
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def csv_logger(make_vae, x, tmp_path):
    history = fit(make_vae(), x, kc.CSVLogger(tmp_path / "log.csv"), validation_data=x[:20]).history
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"]


def early_stopping(make_vae, x, tmp_path):
    stopping = kc.EarlyStopping("val_loss", patience=1, min_delta=1e6, restore_best_weights=True)
    vae = make_vae()
    assert len(fit(vae, x, stopping, epochs=9, validation_data=x[:20]).epoch) == 2
    assert vae.evaluate(x[:20], verbose=0)[0] == pytest.approx(stopping.best)


def lambda_callback(make_vae, x, tmp_path):
    seen = []
    fit(make_vae(), x, kc.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch)))
    assert seen == [2, 2]


def learning_rate_scheduler(make_vae, x, tmp_path):
    vae = make_vae()
    fit(vae, x, kc.LearningRateScheduler(lambda epoch, rate: rate / 2))
    assert float(vae.optimizer.learning_rate) == pytest.approx(0.0025)


def reduce_on_plateau(make_vae, x, tmp_path):
    vae = make_vae()
    fit(vae, x, kc.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e6), epochs=3)
    assert float(vae.optimizer.learning_rate) == pytest.approx(0.0025)


def swap_ema_weights(make_vae, x, tmp_path):
    vae, usual = (
        compiled(make_vae, optimizer=keras.optimizers.SGD(0.1, use_ema=ema, ema_momentum=0.5))
        for ema in (True, False)
    )
    fit(vae, x, kc.SwapEMAWeights())
    fit(usual, x)
    averages = vae.optimizer._model_variables_moving_average
    for weight, average, last in zip(vae.trainable_weights, averages, usual.trainable_weights, strict=True):
        np.testing.assert_array_equal(weight, average)
        assert not np.array_equal(weight, last)


def tensorboard(make_vae, x, tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra [tracking]")
    fit(make_vae(), x, kc.TensorBoard(tmp_path, update_freq=1, write_graph=False), validation_data=x[:20])
    names = {
        value.tag
        for path in tmp_path.rglob("events*")
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert {"batch_loss", "epoch_loss", "epoch_kl", "evaluation_loss_vs_iterations"} <= names


def terminate_on_nan(make_vae, x, tmp_path):
    vae = make_vae()
    vae.trainable_weights[0].assign(np.full(vae.trainable_weights[0].shape, np.nan))
    assert fit(vae, x, kc.TerminateOnNaN(), epochs=5).epoch == [0]


def progress_bar(make_vae, x, tmp_path):
    bar = kc.ProgbarLogger()
    make_vae().fit(x, batch_size=20, verbose=1, callbacks=[bar])
    assert bar.target == 3 and bar.seen == 3


def history(make_vae, x, tmp_path):
    kept = kc.History()
    assert fit(make_vae(), x, kept) is kept and len(kept.history["loss"]) == 2


def callback_list(make_vae, x, tmp_path):
    told = Told()
    made = make_vae().fit(x, batch_size=20, verbose=0, callbacks=kc.CallbackList([told]))
    assert told.ended == [2] and len(made.history["loss"]) == 1


CASES = {
    "BackupAndRestore": backup_and_restore,
    "CSVLogger": csv_logger,
    "CallbackList": callback_list,
    "EarlyStopping": early_stopping,
    "History": history,
    "LambdaCallback": lambda_callback,
    "LearningRateScheduler": learning_rate_scheduler,
    "ModelCheckpoint": model_checkpoint,
    "ProgbarLogger": progress_bar,
    "ReduceLROnPlateau": reduce_on_plateau,
    "SwapEMAWeights": swap_ema_weights,
    "TensorBoard": tensorboard,
    "TerminateOnNaN": terminate_on_nan,
}
EXCLUDED = {
    "Callback": "the base of all",
    "OrbaxCheckpoint": "needs the orbax package, which kvae does not bring",
    "RemoteMonitor": "posts the logs of epochs to a server",
}


def test_every_callback_of_keras_is_dealt_with():
    found = {name for name in dir(kc) if not name.startswith("_")}
    assert found == CASES.keys() | EXCLUDED.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_callback_does_what_it_does_in_keras(name, make_vae, x, tmp_path):
    CASES[name](make_vae, x, tmp_path)


@pytest.mark.parametrize("asked", [1, 3, 4])
def test_batches_are_numbered_as_by_keras_with_steps_per_execution(make_vae, x, asked):
    told = Told()
    vae = compiled(make_vae, steps_per_execution=asked)
    vae.evaluate(x, batch_size=10, verbose=0)  # which is made for as many steps at once
    logs = fit(vae, x, told, batch_size=10, validation_data=x, validation_batch_size=10).history
    other = compiled_like(make_vae, vae)
    assert logs["val_loss"][-1] == other.evaluate(x, batch_size=10, verbose=0)[0]
    begun, ended = {1: ([0], [5]), 3: ([0, 3], [2, 5]), 4: ([0, 4], [3, 5])}[asked]
    assert (told.begun, told.ended, told.steps) == (begun * 2, ended * 2, [6])
    assert int(vae.optimizer.iterations) == 12 and vae.steps_per_execution == asked
    assert vae.evaluate(x, verbose=0) == other.evaluate(x, verbose=0)


def compiled_like(make_vae, vae):
    """A model that was compiled for single steps, with the weights of `vae`."""
    other = make_vae()
    other.set_weights(vae.get_weights())
    return other
