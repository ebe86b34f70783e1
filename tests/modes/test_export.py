"""Export: what is written gives what the model gives, in the data's own units, or is not written."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from kvae import VAE
from kvae.config import compose
from kvae.data import InputSpec, Scaling
from kvae.errors import InputError
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.modes import export
from kvae.modules.model_file import save_vae
from kvae.runs import RunFolder
from kvae.runs.files import write_json
from kvae.uses.export import errors_of, formats, serving_decoder, serving_encoder

OFFSET, DIVISOR = np.array([1e6 + 0.013, 0.0, -5.0, 3.0, 0.1, 2.0]), np.array([3.0, 1.0, 0.25, 10.0, 1.0, 7.0])
SPEC = InputSpec((6,), Scaling("minmax", OFFSET, DIVISOR), "none")
NEEDS = {"saved_model": "tensorflow", "onnx": "tf2onnx", "litert": "ai_edge_litert"}


@keras.saving.register_keras_serializable(package="tests")
class OwnHeads(keras.layers.Layer):
    """A user's layer, with others inside that behave differently in training."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm, self.drop = keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)
        self.mean, self.log_var = keras.layers.Dense(2), keras.layers.Dense(2)

    def build(self, input_shape):
        for layer in (self.norm, self.mean, self.log_var):
            layer.build(input_shape)

    def call(self, x, training=False):
        h = self.drop(self.norm(x, training=training), training=training)
        return self.mean(h), 100.0 * self.log_var(h)  # some beyond the bounds


@pytest.fixture
def vae():
    keras.utils.set_random_seed(0)
    return VAE(mlp_encoder((6,), 2, 4), mlp_decoder((6,), 2, 4), seed=0)


@pytest.fixture
def own_vae():
    keras.utils.set_random_seed(0)
    x = keras.Input((6,))
    return VAE(keras.Model(x, OwnHeads()(x)), mlp_decoder((6,), 2, 4), likelihood="gaussian_learnt", seed=0)


@pytest.fixture
def exported(tmp_path):
    """Export a VAE by `mode=export`, as if it had been learnt."""

    def run(vae, *overrides, spec=SPEC):
        learnt = RunFolder(tmp_path / "learnt")
        learnt.write_run(compose("data=file", "model=tiny").plain)
        save_vae(vae, learnt.vae.model)
        write_json(learnt.vae.input_spec, spec.to_json())
        learnt.write_metrics({"loss": 1.0})
        config = compose("mode=export", f"mode.run={learnt.path}", *overrides)
        return export.run(config, RunFolder(tmp_path / "export"))

    return run


def served(path, format_name):
    """A function from rows to outputs by name, as the format's users write it."""
    if format_name == "saved_model":
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        return lambda rows: {name: output.numpy() for name, output in loaded.serve(rows).items()}
    if format_name == "onnx":
        import onnxruntime

        graph = onnxruntime.InferenceSession(path)
        names = [output.name for output in graph.get_outputs()]
        return lambda rows: dict(zip(names, graph.run(None, {graph.get_inputs()[0].name: rows}), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner()
    name = next(iter(runner.get_input_details()))
    return lambda rows: runner(**{name: rows})


def rows_beyond_the_range():
    return (OFFSET + DIVISOR * np.random.default_rng(1).uniform(-0.5, 1.5, (5, 6))).astype(np.float32)


@pytest.mark.parametrize("format_name", NEEDS)
def test_what_is_exported_gives_what_the_model_gives_in_the_data_s_units(own_vae, exported, format_name):
    pytest.importorskip(NEEDS[format_name], reason="the extra [export] is not installed")
    metrics, folder = exported(own_vae, f"mode.format={format_name}")
    suffix = formats.FORMATS[format_name].suffix
    x, z = rows_beyond_the_range(), np.random.default_rng(2).standard_normal((5, 2), np.float32)
    posterior = served(folder.vae.path / f"encoder{suffix}", format_name)(x)
    z_mean, z_log_var = own_vae.encode(np.clip((x - OFFSET) / DIVISOR, 0.0, 1.0).astype(np.float32))
    np.testing.assert_allclose(posterior["z_mean"], z_mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(posterior["z_log_var"], z_log_var, rtol=1e-4, atol=1e-3)
    assert z_log_var.min() == -30.0 or z_log_var.max() == 20.0
    x_hat = served(folder.vae.path / f"decoder{suffix}", format_name)(z)["x_hat"]
    np.testing.assert_allclose(x_hat, own_vae.decode(z) * DIVISOR + OFFSET, rtol=1e-5, atol=1e-5)
    assert {array.dtype for array in (*posterior.values(), x_hat)} == {np.dtype(np.float32)}
    assert max(metrics["encoder_error"], metrics["decoder_error"]) < 1e-4
    record = json.loads(folder.vae.export_record.read_text())
    assert record["encoder"]["inputs"]["x"] == {"shape": [None, 6], "dtype": "float32", "units": export.OWN_UNITS}
    assert list(record["encoder"]["outputs"]) == ["z_mean", "z_log_var"]
    assert record["encoder"]["bytes"] > 100 and (folder.vae.path / record["decoder"]["path"]).exists()
    assert record["versions"].keys() >= {"keras", record["check"]["runtime"]}


@pytest.mark.parametrize(("binarize", "seen"), [("threshold", [0.0, 0.0, 1.0]), ("dynamic", [0.2, 0.5, 0.6])])
def test_a_threshold_is_inside_and_a_draw_is_not(vae, binarize, seen):
    spec = InputSpec((6,), Scaling("divisor", 0.0, 10.0), binarize)
    grey = np.repeat(np.float32([[2.0], [5.0], [6.0]]), 6, axis=1)
    expected = vae.encode(np.repeat(np.float32(seen)[:, None], 6, axis=1))[0]
    np.testing.assert_allclose(serving_encoder(vae, spec)(grey)["z_mean"], expected, rtol=1e-5, atol=1e-6)


def test_mixed_precision_is_served_in_float32(exported):
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        networks = mlp_encoder((6,), 2, 8), mlp_decoder((6,), 2, 8)
    finally:
        keras.config.set_dtype_policy("float32")
    vae = VAE(*networks, seed=0)
    x = rows_beyond_the_range()
    rounded = vae.encode(SPEC.scaling.apply(x))[0]
    exact = np.asarray(serving_encoder(vae, SPEC)(x)["z_mean"])
    difference = np.abs(exact - rounded).max()
    assert exact.dtype == np.float32 and 1e-5 < difference < 2e-2  # bfloat16 has three digits
    x_hat = serving_decoder(vae, SPEC)(np.zeros((3, 2), np.float32))["x_hat"]
    assert x_hat.dtype == "float32" and x_hat.shape == (3, 6)


@pytest.fixture
def written_wrongly(monkeypatch):
    """Let the runtime of SavedModel be one that does something else."""

    def use(read):
        fake = dataclasses.replace(formats.FORMATS["saved_model"], read=read)
        monkeypatch.setitem(formats.FORMATS, "saved_model", fake)
        monkeypatch.setattr(keras.Model, "export", lambda self, path, **_: (path / "assets").mkdir(parents=True))

    return use


def nothing_is_left(tmp_path):
    names = {path.name for path in (tmp_path / "export").rglob("*")}
    return names <= {"run.json", "module001_vae"}


def test_a_difference_is_an_error_and_leaves_nothing(vae, exported, written_wrongly, tmp_path):

    def read(path):
        network = (serving_encoder if "encoder" in path.name else serving_decoder)(vae, SPEC)
        return lambda inputs: {name: np.array(output) + 1e-3 for name, output in network(*inputs.values()).items()}

    written_wrongly(read)
    with pytest.raises(InputError, match=r"z_mean of what mode\.format=saved_model wrote differs .* by 1\.0e-03"):
        exported(vae)
    assert nothing_is_left(tmp_path)


def test_what_a_converter_raises_is_one_line(vae, exported, written_wrongly, tmp_path):
    def read(path):
        raise RuntimeError("no kernel\nfor FlexErfinv")

    written_wrongly(read)
    with pytest.raises(
        InputError, match=r"mode\.format=saved_model cannot express this model: no kernel for FlexErf"
    ):
        exported(vae)
    assert nothing_is_left(tmp_path)


def test_a_missing_package_is_told_before_anything_is_written(tmp_path, monkeypatch):
    found, missing = formats.importlib.util.find_spec, ("tf2onnx", "onnx", "onnxruntime", "ai_edge_litert")
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None if name in missing else found(name))
    told = r"mode\.format=onnx needs tf2onnx, onnx, onnxruntime: pip install -c constraints\.txt -e '\.\[export\]'"
    with pytest.raises(InputError, match=told):
        export.run(compose("mode=export", "mode.run=nowhere", "mode.format=onnx"), RunFolder(tmp_path / "export"))
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"mode\.format=litert needs ai-edge-litert: pip install"):
        formats.format_named("litert")


def test_mistakes_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match=r"mode\.format must be one of saved_model, onnx, litert\. Received: 'tflite'"
    ):
        compose("mode=export", "mode.format=tflite")
    with pytest.raises(InputError, match=r"mode\.tolerance must be a finite number > 0\. Received: 0"):
        compose("mode=export", "mode.tolerance=0")
    for overrides, message in (
        (["mode.run=nowhere"], "mode.run=nowhere is no finished learnt run"),
        ([], "no finished learnt run under outputs=outputs"),
    ):
        with pytest.raises(InputError, match=message):
            export.run(compose("mode=export", *overrides), RunFolder(tmp_path / "export"))
    assert not list(tmp_path.iterdir())


def test_a_scaling_of_another_shape_is_told(vae, exported):
    spec = InputSpec((6,), Scaling("minmax", np.zeros(4), np.ones(4)), "none")
    with pytest.raises(
        InputError, match=r"its scaling is for values of shape \(4,\), its observations are \(6,\)"
    ):
        exported(vae, spec=spec)


def test_errors_are_relative_to_a_column_s_scale_and_at_least_to_the_unit():
    expected = {"x_hat": np.repeat(np.float32([[1000.0, 0.001]]), 64, axis=0)}

    def off(inputs):
        return {"x_hat": expected["x_hat"][: len(inputs["z"])] + np.float32([1.0, 0.0001])}

    z = {"z": np.zeros((64, 2), np.float32)}
    assert errors_of(off, z, expected)["x_hat"] == pytest.approx(1e-3, rel=1e-4)
    assert errors_of(off, z, expected, unit=np.array([1.0, 1e-4]))["x_hat"] == pytest.approx(0.1, rel=1e-4)
    assert np.isnan(errors_of(lambda inputs: {"x_hat": off(inputs)["x_hat"] * np.nan}, z, expected)["x_hat"])
    with pytest.raises(InputError, match=r"must give x_hat as float32 \(1, 2\). Received: \{'y'"):
        errors_of(lambda inputs: {"y": inputs["z"]}, z, expected)
