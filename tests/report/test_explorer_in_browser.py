"""The explorer in a browser: it decodes what the model decodes, and does what people do with it."""

import json

import keras
import numpy as np
import pytest
from browser import CHROMIUM, Browser
from explored import learnt, run_of
from keras import layers as L
from mixed_table import mixed_columns, mixed_rows

from kvae import VAE
from kvae.data import InputSpec, Scaling
from kvae.explorer import decoding
from kvae.explorer.decoding import results_of
from kvae.explorer.program import program_of
from kvae.layers import conv_decoder, mlp_decoder, mlp_encoder
from kvae.likelihoods.table import Table
from kvae.networks.table_input import TableInput
from kvae.report import write_report
from kvae.report.explorer import SCRIPTS
from kvae.report.resources import resource
from kvae.table import coded
from tests.likelihoods.columns_of_tables import COLUMNS

DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
ROWS = mixed_rows(60)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


def opened(browser, folder, width=1200):
    """Open the page of a run; it must ask for nothing, and its policy must let its own parts through."""
    write_report(folder)
    browser.open(folder.report, width)
    assert browser.value("kvaeExplorer.then(it => it.failed || '')") == ""
    # What is looked at is drawn with the next frame.
    browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert [url for url in browser.requests if not url.startswith("data:")] == [folder.report.as_uri()]
    said = ("Log.entryAdded", "Runtime.exceptionThrown")
    assert not [event for event in browser.events if event.get("method") in said]


def batch_normalized(shape, latent_dim):
    """A decoder of the layers that people put between convolutions."""
    z = keras.Input((latent_dim,), name="z")
    h = L.Dense(2 * 3 * 6, activation="gelu")(z)
    h = L.LayerNormalization()(h)
    h = L.Reshape((2, 3, 6))(h)
    h = L.UpSampling2D((2, 1))(h)
    h = L.LeakyReLU()(L.BatchNormalization()(L.Conv2D(5, 3, padding="same")(h)))
    return keras.Model(z, L.Conv2DTranspose(shape[2], (3, 2), strides=(1, 2), padding="same")(h), name="decoder")


VAES = {
    "mlp": lambda: learnt(),
    "gaussian": lambda: learnt((5, 3, 3), 2, "gaussian_diagonal", mlp_decoder((5, 3, 6), 2, 8)),
    "conv": lambda: learnt((9, 6, 1), 4, decoder=conv_decoder((9, 6, 1), 4, (3, 5), 7)),
    "colour": lambda: learnt((4, 6, 3), 3, decoder=batch_normalized((4, 6, 3), 3)),
}


@pytest.mark.parametrize("kind", VAES)
def test_a_slider_changes_the_picture_to_what_the_model_decodes(browser, tmp_path, kind):
    vae = VAES[kind]()
    opened(browser, run_of(tmp_path, vae))
    before = browser.value("document.querySelector('#explore-decoded canvas').toDataURL()")
    assert browser.value("document.querySelectorAll('#explore-sliders input').length") == vae.latent_dim
    move = """(async () => {
        const explorer = await kvaeExplorer;
        document.querySelectorAll('#explore-sliders input').forEach((slider, i) => {
            slider.value = [1.25, -2, 0.5, 2][i];
            slider.dispatchEvent(new Event('input'));
        });
        await DRAWN;
        return { z: [...explorer.sliders.z], x_hat: [...explorer.result[0].data] };
    })()"""
    found = browser.value(move.replace("DRAWN", DRAWN))
    assert sorted(found["z"]) == sorted([1.25, -2, 0.5, 2][: vae.latent_dim])
    expected = vae.decode(np.array([found["z"]], np.float32))[0]
    np.testing.assert_allclose(np.reshape(found["x_hat"], expected.shape), expected, rtol=1e-4, atol=1e-4)
    after = browser.value("document.querySelector('#explore-decoded canvas').toDataURL()")
    assert expected.std() > 0.01 and after != before


VECTOR, SEQUENCE, IMAGE = (7,), (9, 3), (7, 6, 4)
LAYERS = [
    (VECTOR, lambda: [L.Dense(5, "tanh"), L.Dense(3, "elu", use_bias=False), L.PReLU("normal"), L.ELU(0.5)]),
    (VECTOR, lambda: [L.ReLU(1.5, 0.1, 0.25), L.Activation("selu"), L.Activation("mish"), L.Softmax()]),
    (VECTOR, lambda: [L.RepeatVector(3), L.Permute((2, 1)), L.Rescaling(0.5, -0.1), L.Activation("softsign")]),
    (SEQUENCE, lambda: [L.Conv1D(6, 4, padding="causal", dilation_rate=2), L.Conv1D(6, 2, strides=2, groups=3)]),
    (SEQUENCE, lambda: [L.Conv1DTranspose(4, 3, strides=2, padding="same"), L.UpSampling1D(3), L.Cropping1D(1)]),
    (IMAGE, lambda: [L.Conv2D(5, (3, 2), strides=(2, 3), padding="same"), L.LayerNormalization([1, 2])]),
    (IMAGE, lambda: [L.Conv2D(6, (2, 4), strides=2, groups=2), L.RMSNormalization(), L.Softmax(1)]),
    (IMAGE, lambda: [L.Conv2D(3, 3, dilation_rate=(2, 1), padding="same", activation="softplus")]),
    (IMAGE, lambda: [L.Conv2DTranspose(3, (2, 5), strides=(3, 2), bias_initializer="normal")]),
    (IMAGE, lambda: [L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1)]),
    (IMAGE, lambda: [L.Conv2DTranspose(2, 3, padding="same", dilation_rate=2), L.ZeroPadding2D(((1, 2), (0, 3)))]),
    (IMAGE, lambda: [L.UpSampling2D((2, 3)), L.Cropping2D(((1, 2), (3, 1))), L.Flatten(), L.Activation("silu")]),
]  # fmt: skip


def operations(x):
    """Functions of `keras.ops` that likelihoods are written with."""
    ops = keras.ops
    first, second = ops.split(x, [3], axis=-1)
    total = ops.sum(ops.exp(first), axis=-1, keepdims=True) / (1.0 + ops.square(second))
    taken = ops.take(x, [5, 0, 0], axis=-1) * ops.clip(first, -0.5, 0.5)
    together = ops.concatenate([total, taken, ops.log_softmax(second), -x[..., None, 2:4][:, 0]], axis=-1)
    return ops.transpose(ops.reshape(together, (-1, 1, together.shape[-1])), (0, 2, 1))


@pytest.fixture
def decoded(browser, tmp_path):
    """A function that gives what the page computes of a row with a program, a list for every result."""
    scripts = "\n".join(resource(f"scripts/{name}.js") for name in SCRIPTS if name != "explorer")
    empty = tmp_path / "empty.html"
    empty.write_text("<title>empty</title>")
    browser.open(empty, 800)
    decode = "decoderOf(program, new Float32Array(weights), shape)(x)"
    call = f"({{ program, x, weights, shape }}) => {decode}.map((one) => [...one.data])"
    browser.value(f"(() => {{ {scripts}; window.decoded = {call}; }})()")

    def of(program, row):
        values = {"program": {"steps": program.steps, "outputs": program.outputs}, "x": row.ravel().tolist()}
        values |= {"weights": program.weights.tolist(), "shape": list(row.shape)}
        return browser.value(f"decoded({json.dumps(values)})")

    return of


def test_every_layer_gives_what_keras_gives(decoded):
    rng = np.random.default_rng(0)
    networks = []
    for shape, layers in LAYERS:
        x = keras.Input(shape)
        h = x
        for layer in layers():
            h = layer(h)
        networks.append(keras.Model(x, h))
    x = keras.Input(VECTOR)
    networks.append(keras.Model(x, operations(x)))
    for network in networks:
        program = program_of(network)
        x = rng.normal(size=(1, *network.input_shape[1:])).astype(np.float32)
        (found,) = decoded(program, x[0])
        expected = np.asarray(network(x, training=False))[0]
        np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-4, atol=1e-5)


def test_every_likelihood_of_columns_gives_its_mean_and_its_probabilities(decoded):
    table = Table([column for name, column in COLUMNS.items() if name != "large_categorical"])
    decoder = mlp_decoder(table.param_shape((len(table.columns),)), 3, 8, weight_stddev=0.7)
    outputs, where = results_of(table, decoder.outputs[0])
    program = program_of(keras.Function(decoder.inputs, outputs))
    assert {table.columns[place].name for place in where} == {"bernoulli", "categorical", "ordinal"}
    for z in np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32):
        found = decoded(program, z)
        params = decoder(z[None])
        expected = np.asarray(table.mean(params))[0]
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(found[0], expected, rtol=2e-4, atol=1e-4)
        for place, one in where.items():
            shares = found[one.output][one.at : one.at + one.n]
            np.testing.assert_allclose(shares, table.probabilities(params, place)[0], atol=1e-5)
            assert sum(shares) == pytest.approx(1.0, abs=1e-5)


def test_a_row_of_a_table_is_shown_in_its_own_words(browser, tmp_path):
    spec = mixed_columns()
    columns = [coded(column, values) for column, values in zip(spec.columns, ROWS.T, strict=True)]
    first = TableInput(columns, 0.0, seed=1)
    rows = keras.Input((7,), name="x")
    encoder = keras.Model(rows, mlp_encoder((first.n_features,), 2, 8)(first(rows)), name="encoder")
    likelihood = Table(columns)
    decoder = mlp_decoder(likelihood.param_shape((7,)), 2, 8, weight_stddev=0.5)
    vae = VAE(encoder, decoder, likelihood=likelihood, seed=0)
    input_spec = InputSpec((7,), Scaling(), "none", spec.names, spec)
    opened(browser, run_of(tmp_path, vae, x=ROWS, spec=input_spec, labels=np.arange(60)), 390)
    assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
    rows = "[...document.querySelectorAll('#explore-values tbody tr')]"
    cells = browser.value(f"{rows}.map((row) => [...row.cells].map((cell) => cell.textContent))")
    shown = {name: texts for name, *texts in cells}
    z = vae.encode(ROWS[:1])[0]
    x_hat, params = vae.decode(z)[0], vae.decoded_params(z)
    assert shown["age"][:2] == [f"{ROWS[0, 0]:.0f}", f"{x_hat[0]:.0f}"]
    p = likelihood.probabilities(params, 4)[0]
    likely = sorted(zip(p, ("female", "male"), strict=True), reverse=True)
    assert shown["sex"][0] == ("female", "male")[int(ROWS[0, 4])]
    assert shown["sex"][1] == ", ".join(f"{name}: {100 * share:.0f}\N{NO-BREAK SPACE}%" for share, name in likely)
    assert "missing" in [browser.value("kvaeExplorer.then(it => it.view.text(1, NaN))")]
    options = browser.value("[...document.querySelector('#explore-colour').options].map((one) => one.text)")
    assert options == ["label", "score", *spec.names]


def test_people_look_choose_colour_and_walk(browser, tmp_path):
    vae = learnt()
    opened(browser, run_of(tmp_path, vae), 390)
    assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
    at = browser.value("""(async () => {
        const { plane } = await kvaeExplorer;
        plane.marks.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = plane.marks.getBoundingClientRect();
        const [x, y] = plane.pixelsOfPoint(17);
        return [box.left + x, box.top + y];
    })()""")
    row = f"{DRAWN}.then(() => document.querySelector('#explore-row').textContent)"
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        browser.ask("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)
        assert browser.value(row).startswith("row 17 · label 1 · score ")
    assert browser.value("kvaeExplorer.then(it => it.chosen)") == 17
    z = browser.value("kvaeExplorer.then(it => [...it.sliders.z])")
    with np.load(tmp_path / "module001_vae" / "explorer.npz") as kept:
        np.testing.assert_array_equal(np.float32(z), kept["z"][17])
    browser.value("document.querySelector('#explore-marks').focus()")
    for key in ("ArrowRight", "ArrowLeft", "+"):
        browser.ask("Input.dispatchKeyEvent", type="keyDown", key=key)
    assert browser.value("kvaeExplorer.then(it => it.plane.zoom)") == pytest.approx(1.4)
    browser.value("document.querySelector('#explore-to').click()")
    assert browser.value("document.querySelectorAll('#explore-strip canvas').length") == 9
    assert browser.value("kvaeExplorer.then(it => it.to === it.chosen)")
    browser.value("document.querySelector('#explore-colour').value = '1'")
    browser.value("document.querySelector('#explore-colour').dispatchEvent(new Event('change'))")
    assert "nats" in browser.value("document.querySelector('#explore-legend').textContent")


def test_a_decoder_that_the_page_cannot_compute_is_named_and_what_it_made_is_shown(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MANY_WEIGHTS", 20)
    vae = learnt()
    opened(browser, run_of(tmp_path, vae))
    assert "No sliders: the decoder has" in browser.value("document.querySelector('#explore-why').textContent")
    canvas = "document.querySelector('#explore-reconstruction canvas')"
    pixels = f"[...{canvas}.getContext('2d').getImageData(0, 0, 3, 4).data]"
    shown = np.reshape(browser.value(f"{DRAWN}.then(() => {pixels})"), (4, 3, 4))[..., 0]
    with np.load(tmp_path / "module001_vae" / "explorer.npz") as kept:
        np.testing.assert_allclose(shown / 255, kept["x_hat"][0, ..., 0] / 63, atol=0.01)
    assert browser.value("document.querySelector('#explore-decoded').parentElement.hidden")


def test_a_page_that_gets_other_numbers_than_the_model_says_so_and_decodes_nothing(browser, tmp_path):
    vae = learnt()
    folder = run_of(tmp_path, vae)
    with np.load(folder.vae.explorer) as kept:
        arrays = dict(kept)
    arrays["check_x"] = arrays["check_x"] + np.float32(0.01)
    np.savez(folder.vae.explorer, **arrays)
    opened(browser, folder)
    assert "other numbers than the model" in browser.value("document.querySelector('#explore-why').textContent")
    assert browser.value(
        "document.querySelector('#explore-decoding').hidden && document.querySelector('#explore-walk').hidden"
    )
    assert browser.value("document.querySelector('#explore-original canvas').width") == 3
