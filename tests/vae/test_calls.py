import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import tensorflow as tf

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

# Every method that takes observations, called on `x` alone.
DOORS = {
    "fit": lambda vae, x: vae.fit(x, verbose=0),
    "validation_data": lambda vae, x: vae.fit(np.zeros((4, 6)), validation_data=x, verbose=0),
    "evaluate": lambda vae, x: vae.evaluate(x, verbose=0),
    "predict": lambda vae, x: vae.predict(x, verbose=0),
    "train_on_batch": lambda vae, x: vae.train_on_batch(x),
    "test_on_batch": lambda vae, x: vae.test_on_batch(x),
    "predict_on_batch": lambda vae, x: vae.predict_on_batch(x),
    "encode": lambda vae, x: vae.encode(x),
    "reconstruct": lambda vae, x: vae.reconstruct(x),
    "sample_posterior": lambda vae, x: vae.sample_posterior(x),
    "elbo": lambda vae, x: vae.elbo(x),
    "log_prob": lambda vae, x: vae.log_prob(x, n_samples=2),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_method_looks_at_what_it_is_given(make_vae, x, door):
    vae = make_vae()
    for taken in (x.tolist(), tf.constant(x), pd.DataFrame(x).astype("Int64"), x > 0):
        DOORS[door](vae, taken)
    before = vae.get_weights()
    for given, message in {
        "NaN": (np.where(x > 0, np.nan, x), "finite numbers.*nan in row 0"),
        "bytes": (x.astype(np.uint8) * 255, r"values in \[0, 1\] under likelihood='bernoulli'"),
        "sparse": (scipy.sparse.csr_matrix(x), "must be dense"),
        "no rows": (x[:0], "n >= 1"),
        "text": (pd.DataFrame({"a": ["x"]}), "Received: a"),
    }.values():
        with pytest.raises(ValueError, match=message):
            DOORS[door](vae, given)
    if door != "validation_data":
        for ours, theirs in zip(before, vae.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def batches(x):
    for start in range(0, len(x), 20):
        yield x[start : start + 20]


class Batches(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.parts = list(batches(x))

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, index):
        return self.parts[index]


STREAMS = {
    "a data set": lambda x: tf.data.Dataset.from_tensor_slices(x).batch(20),
    "a data set of tuples": lambda x: tf.data.Dataset.from_tensor_slices((x,)).batch(20),
    "a data set of dictionaries": lambda x: tf.data.Dataset.from_tensor_slices({"x": x}).batch(20),
    "a data set of unknown shapes": lambda x: tf.data.Dataset.from_generator(
        lambda: batches(x), output_signature=tf.TensorSpec(None)
    ),
    "a generator": lambda x: ((part,) for part in batches(x)),
    "a generator of arrays": batches,
    "a generator of tables": lambda x: (pd.DataFrame(part) for part in batches(x)),
    "a PyDataset": Batches,
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("stream", STREAMS)
def test_batches_are_looked_at_as_they_pass(make_vae, x, stream):
    vae = make_vae(learning_rate=0.0)
    late = x.copy()
    late[-1, 3] = np.nan
    for call in ("fit", "evaluate", "predict"):
        result = getattr(vae, call)(STREAMS[stream](x), verbose=0)
        with pytest.raises(ValueError, match=r"finite numbers|values in \[0, 1\]"):
            getattr(vae, call)(STREAMS[stream](late), verbose=0)
        with pytest.raises(ValueError, match=r"values in \[0, 1\] under likelihood='bernoulli'"):
            getattr(vae, call)(STREAMS[stream](255 * x), verbose=0)
    np.testing.assert_allclose(result["z_mean"], vae.encode(x)[0], rtol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_batches_of_another_form_are_refused(make_vae, x):
    single = tf.data.Dataset.from_tensor_slices
    for given, message in (
        (single(x), r"add .batch\(128\). Received: single observations \(6,\)"),
        (single((x, x)).batch(4), r"leave the targets out by dataset.map\(lambda x, y: x\)"),
        (single(x[:, :5]).batch(4), r"batches \(batch, 6\). Received: \(None, 5\)"),
        (single(x.astype(str)).batch(4), "real numbers. Received: string"),
        (
            single((x, x, np.ones(60))).batch(4),
            r"y, w: {'x': x, 'sample_weight': w}\). Received.* of 3",
        ),
        (
            ((x, 2 * x, np.ones(60)) for _ in range(2)),
            r"give batches {'x': x, 'sample_weight': w}, without targets",
        ),
        (((x, np.zeros(60)) for _ in range(2)), r"without targets. Received: \(x, y\)"),
        ((x[:, :5] for _ in range(2)), r"shape \(n, 6\)"),
    ):
        with pytest.raises(ValueError, match=message):
            make_vae().fit(given, verbose=0)
    with pytest.raises(ValueError, match=r"takes weights from the batches.*Received: sample_weight beside"):
        make_vae().fit(single(x).batch(4), sample_weight=np.ones(60), verbose=0)


def test_targets_are_x_or_none(make_vae, x):
    alone = make_vae().fit(x, shuffle=False, validation_data=x, verbose=0).history
    copied = x.copy()
    for y in (x, copied):
        assert make_vae().fit(x, y, shuffle=False, validation_data=(x, y), verbose=0).history == alone
    for call in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match="a VAE learns from x alone: call it without targets, or with y=x"):
            getattr(make_vae(), call)(x, np.zeros(60))


def test_messages_are_looked_at(make_vae, x):
    ones = np.ones((60, 2))
    for key, values, message in (
        ("prior_mu", ones * np.nan, "`prior_mu` must hold finite numbers"),
        ("prior_mu", ones.astype(str), "`prior_mu` must hold real numbers"),
        ("prior_cov", 0 * ones, "`prior_cov` must hold variances > 0"),
        ("prior_cov", np.ones((60, 2, 2)), "symmetric covariances that are positive definite"),
    ):
        for call in (
            lambda vae, **prior: vae.fit({"x": x, **prior}, verbose=0),
            lambda vae, **prior: vae.train_on_batch({"x": x, **prior}),
            lambda vae, **prior: vae.elbo(x, **prior),
        ):
            with pytest.raises(ValueError, match=message):
                call(make_vae(), **{key: values})
    frame = pd.DataFrame(ones)
    np.testing.assert_array_equal(make_vae().elbo(x, frame), make_vae().elbo(x, ones))


@pytest.mark.parametrize("stream", ["a data set", "a generator", "a PyDataset"])
def test_methods_of_arrays_say_which_take_batches(make_vae, x, stream):
    for method in ("encode", "reconstruct", "elbo", "log_prob"):
        with pytest.raises(
            ValueError, match=r"must be an array here: for a data set, vae.predict\(dataset\) gives"
        ):
            getattr(make_vae(), method)(STREAMS[stream](x))


def test_a_table_must_have_the_columns_that_were_learnt_in_their_order(make_vae, x):
    vae, frame = make_vae(run_eagerly=True), pd.DataFrame(x, columns=list("abcdef"))
    vae.encode(frame[list("fedcba")])  # nothing is learnt yet
    vae.fit({"x": frame}, validation_data=frame, verbose=0)
    assert vae.columns == tuple("abcdef")
    np.testing.assert_array_equal(vae.encode(frame)[0], vae.encode(x)[0])
    said = r"pass x\[list\(vae\.columns\)\]\. Received: 'f' in the place of 'a'"
    for call in (vae.encode, vae.fit, vae.evaluate, vae.predict, vae.log_prob, vae.train_on_batch):
        with pytest.raises(ValueError, match=said):
            call(frame[list("fedcba")])
    with pytest.raises(ValueError, match="Received: 'g' in the place of 'f'"):
        vae.encode(frame.rename(columns={"f": "g"}))
    np.testing.assert_array_equal(vae.encode(frame[list("fedcba")][list(vae.columns)])[0], vae.encode(x)[0])
    numbered = pd.DataFrame(x)
    other = make_vae(run_eagerly=True)
    other.fit(numbered, verbose=0)
    with pytest.raises(ValueError, match="Received: '5' in the place of 0"):
        other.encode(numbered.iloc[:, ::-1])
    other.encode(numbered.iloc[:, ::-1][list(other.columns)])


class Frames(keras.utils.PyDataset):
    def __init__(self, frame):
        super().__init__()
        self.frame = frame

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.frame[30 * index : 30 * index + 30]


def test_tables_in_streams_must_have_the_columns_that_were_learnt_in_their_order(make_vae, x):
    vae, frame = make_vae(run_eagerly=True), pd.DataFrame(x[:60], columns=list("abcdef"))
    vae.train_on_batch({"x": frame})
    assert vae.columns == tuple("abcdef")
    turned = frame[list("fedcba")]
    for stream in (Frames, lambda table: ({"x": table[i : i + 30]} for i in (0, 30))):
        for call in (vae.evaluate, vae.predict, vae.fit, lambda one: make_vae().fit(frame, validation_data=one)):
            with pytest.raises(ValueError, match="Received: 'f' in the place of 'a'"):
                call(stream(turned))
        vae.fit(stream(frame), verbose=0, steps_per_epoch=2)
    np.testing.assert_allclose(
        vae.evaluate(Frames(frame), verbose=0), vae.evaluate(x[:60], batch_size=30, verbose=0)
    )
