import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import callbacks as cb
from kvae.data.batches import Plan
from kvae.schedules import KLTerm, constant

PLAN = Plan(n=60, batch_size=20, itr=10, log_every=4, seed=0)


def test_KLSchedule_sets_scale_and_capacity_before_every_block(make_vae, x):
    vae = make_vae(KL_param=2.0)
    seen = []

    def schedule(iteration, itr):
        seen.append((iteration, itr))
        return KLTerm(scale=iteration / itr, capacity=iteration)

    vae.fit(
        tf.data.Dataset.from_tensor_slices(x).batch(30),
        epochs=2,
        callbacks=[cb.KLSchedule(schedule, itr=2)],
        verbose=0,
    )
    assert seen == [(0.0, 2), (0.5, 2), (1.0, 2), (1.5, 2)]
    assert float(vae.kl_scale) == 0.75
    assert float(vae.kl_capacity) == 1.5
    assert float(vae.KL_param) == 2.0  # the target stays


def test_CosineDecay_sets_the_learning_rate_by_the_iteration(make_vae, x):
    vae = make_vae()
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(float(vae.optimizer.learning_rate))

    decay = cb.CosineDecay(0.1, 4, lambda epoch, batch: epoch + batch / 2)
    data = tf.data.Dataset.from_tensor_slices(x).batch(30)
    vae.fit(data, epochs=2, callbacks=[decay, Look()], verbose=0)
    np.testing.assert_allclose(seen, 0.05 * (1 + np.cos(np.pi * np.array([0, 0.5, 1, 1.5]) / 4)), rtol=1e-6)


def test_LossHistory_numbers_rows_by_iterations():
    history = cb.LossHistory(PLAN)
    for epoch in range(3):
        history.on_epoch_end(epoch, {"loss": np.float32(epoch)})
    assert history.rows == [
        {"iteration": 4, "loss": 0.0},
        {"iteration": 8, "loss": 1.0},
        {"iteration": 10, "loss": 2.0},
    ]


def run_stopping(make_vae, losses, stopping):
    vae = make_vae()
    stopping.set_model(vae)
    stopping.on_train_begin()
    vae.stop_training = False
    for epoch, loss in enumerate(losses):
        vae.KL_param = float(epoch)
        stopping.on_epoch_end(epoch, {"val_loss": loss})
        if vae.stop_training:
            break
    return vae, epoch


def test_EarlyStopping_stops_and_restores_the_best_weights(make_vae):
    stopping = cb.EarlyStopping(patience=2, min_delta=0.0)
    vae, last = run_stopping(make_vae, [3.0, 1.0, 2.0, 2.0, 2.0], stopping)
    assert last == 3
    stopping.on_train_end()
    assert float(vae.KL_param) == 1.0


def test_EarlyStopping_that_is_resumed_goes_on_counting(make_vae):
    first = cb.EarlyStopping(patience=3, min_delta=0.0)
    run_stopping(make_vae, [3.0, 1.0, 2.0], first)
    second = cb.EarlyStopping(patience=3, min_delta=0.0, state=first.state)
    vae, last = run_stopping(make_vae, [2.0, 2.0, 0.5], second)
    assert (last, vae.stop_training) == (1, True)
    assert second.state["best"] == 1.0


def test_StopOnNaN_stops_at_the_first_block_whose_loss_is_not_finite(make_vae):
    guard = cb.StopOnNaN(PLAN)
    guard.set_model(make_vae())
    guard.on_epoch_begin(1)
    guard.on_train_batch_end(0, {"loss": 1.0})
    assert guard.iteration is None
    guard.on_train_batch_end(0, {"loss": float("nan")})
    assert guard.iteration == 8
    assert guard.model.stop_training


def test_Track_hands_on_every_row_that_is_finite():
    told, rows, guard = [], [], cb.StopOnNaN(PLAN)
    track = cb.Track(rows, guard, lambda iteration, row: told.append((iteration, row)))
    for iteration, loss in ((4, 1.0), (8, 0.5)):
        rows.append({"iteration": iteration, "loss": loss})
        track.on_epoch_end(0)
    rows.append({"iteration": 10, "loss": float("nan")})
    guard.iteration = 9
    track.on_epoch_end(0)
    assert told == [(4, {"loss": 1.0}), (8, {"loss": 0.5})]


def test_what_is_no_schedule_is_refused(make_vae, x):
    with pytest.raises(ValueError, match=r"`schedule` must be a function of `kvae.schedules`.*schedule='warmup'"):
        cb.KLSchedule("warmup", 10)
    with pytest.raises(ValueError, match=r"`itr` must be an integer >= 1. Received: itr=0"):
        cb.KLSchedule(constant, 0)
    half = cb.KLSchedule(lambda iteration, itr: 0.5, 10)
    half.set_model(make_vae())
    half.set_params({"steps": 3})
    with pytest.raises(TypeError, match=r"must return kvae.schedules.KLTerm\(scale, capacity\). Received: 0.5"):
        half.on_train_batch_begin(0)
