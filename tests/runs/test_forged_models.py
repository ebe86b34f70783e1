"""What a `model.keras` asks for in its config, in numbers and names that no learnt model has."""

import io
import json
import resource
import zipfile

import h5py
import pytest

from kvae.errors import InputError
from kvae.modules.model_file import count_values, load_vae, save_vae
from kvae.runs.saved_config import check_saved_config


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The members of a model that is whole."""
    import keras

    from kvae import VAE
    from kvae.layers import mlp_decoder

    x = keras.Input((6,))
    repeated = keras.layers.RepeatVector(3)(keras.layers.Flatten()(x))
    h = keras.layers.GlobalAveragePooling1D()(repeated)
    encoder = keras.Model(x, [keras.layers.Dense(2)(h), keras.layers.Dense(2)(h)])
    vae = VAE(encoder, mlp_decoder((6,), 2, 8), seed=0)
    vae.compile("adam", jit_compile=False)
    vae.optimizer.build(vae.trainable_variables)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    save_vae(vae, path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, content, change):
    """A model whose config is changed in place, or replaced by text."""
    config = json.loads(content["config.json"])
    found = change(config)
    text = found if isinstance(found, str) else json.dumps(config)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in {**content, "config.json": text.encode()}.items():
            archive.writestr(name, value)
    return path


def of_vae(**values):
    return lambda config: config["config"].update(values)


def hidden(config):
    """The encoder's Flatten layer, which has no weights."""
    return config["config"]["encoder"]["config"]["layers"][1]


def layer(class_name, module="keras.layers", **values):
    def change(config):
        entry = hidden(config)
        entry.update(class_name=class_name, module=module, registered_name=None)
        entry["config"] = {"name": entry["config"]["name"], **values}

    return change


def repeating(config):
    """Let the layer that repeats what it gets do so 10^9 times."""
    config["config"]["encoder"]["config"]["layers"][2]["config"]["n"] = 10**9


def nested(config):
    return "[" * 5000 + "]" * 5000


def activation(module, name):
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return layer("Activation", activation=function)


FORGED = {
    "10^9 samples": (of_vae(n_samples=10**9), "its n_samples must be from 1 to 1000"),
    "samples as text": (of_vae(n_samples="9" * 9), "its n_samples must be from 1 to 1000"),
    "-1 samples": (of_vae(n_samples=-1), "its n_samples must be"),
    "true samples": (of_vae(n_samples=True), "its n_samples must be"),
    "no KL_param": (of_vae(KL_param="much"), "is no model that can be read"),
    "a KL_param that is NaN": (of_vae(KL_param=float("nan")), "`KL_param` must be a finite number"),
    "a seed of 10^30": (of_vae(seed=10**30), "its seed is too large"),
    "a type that there is not": (of_vae(dtype="float4096"), "is no model that can be read"),
    "a likelihood of another kind": (of_vae(likelihood={"module": "keras.layers", "class_name": "Dense",
                                                        "config": {"units": 3}}), "is no model that can be read"),
    "an encoder that is none": (of_vae(encoder=5), "is no model that can be read"),
    "a layer that repeats": (repeating, "its networks hold 6,0"),
    "a padding": (layer("ZeroPadding1D", padding=10**9), "is no model that can be read"),
    "a SavedModel": (layer("TFSMLayer", filepath="/tmp/x"), "TFSMLayer layer, which runs code"),
    "Torch": (layer("TorchModuleWrapper", module="x"), "TorchModuleWrapper"),
    "a download": (layer("get_file", "keras.utils", fname="a", origin="file:///x"), "keras.utils.get_file"),
    "a model within": (layer("load_model", "keras.saving", filepath="x"), "keras.saving.load_model"),
    "within, as Keras has it": (layer("load_model", "keras.src.saving.saving_api", filepath="x"), "no part of"),
    "a callback": (layer("BackupAndRestore", "keras.callbacks", backup_dir="/tmp/x"), "no part of a model"),
    "an application": (layer("VGG16", "keras.applications"), "no part of a model"),
    "a function that writes": (activation("keras.utils", "plot_model"), "keras.utils.plot_model"),
    "nested without end": (nested, "is no model that can be read"),
    "a list": (lambda config: "[]", "is no model that can be read"),
    "a name twice": (lambda config: '{"module": "a", "module": "b"}', "occurs twice"),
}  # fmt: skip


def nested_weights(file):
    """Groups of which each is in the one before twice: 2^60 ways from the first to the last."""
    group = file.create_group("layers")
    for _ in range(60):
        inner = group.create_group("a")
        group["b"] = inner
        group = inner


def looped_weights(file):
    group = file.create_group("layers")
    group["a"] = group


def deep_weights(file):
    group = file
    for _ in range(3000):
        group = group.create_group("a")


def test_values_under_many_names_are_counted_once(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("layers/0", (1000,), "f4")
        for number in range(1, 100):
            file[f"layers/{number}"] = data
        assert count_values(file) == 1000


@pytest.mark.parametrize("fill", [nested_weights, looped_weights, deep_weights])
def test_weights_without_end_are_one_line(content, tmp_path, fill):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    path = written(
        tmp_path / "model.keras", content | {"model.weights.h5": stream.getvalue()}, lambda config: None
    )
    with pytest.raises(InputError, match="is no model that can be read"):
        load_vae(path)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_config_is_one_line_and_takes_no_memory(content, tmp_path, name):
    change, expected = FORGED[name]
    path = written(tmp_path / "model.keras", content, change)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        load_vae(path)
    assert expected in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18  # KiB: a quarter of a GiB
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]


def test_what_was_not_forged_is_read(content, tmp_path):
    assert load_vae(written(tmp_path / "model.keras", content, of_vae(n_samples=3))).n_samples == 3


def test_models_of_every_kind_of_layer_pass():
    """Networks as Keras writes them: nested, with shared layers, raw operations and functions of its own."""
    import keras

    x = keras.Input((8, 8, 1))
    h = keras.layers.Conv2D(4, 3, activation=keras.activations.gelu, kernel_regularizer="l2")(x)
    h = keras.layers.LayerNormalization()(keras.ops.relu(h) * 2.0 + keras.ops.mean(h))
    inner = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3, dtype="mixed_bfloat16")])
    model = keras.Model(
        x, keras.layers.Bidirectional(keras.layers.LSTM(2))(keras.layers.Reshape((1, 3))(inner(h)))
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.SGD(schedule), loss=keras.losses.MeanSquaredError(), metrics=["mae"])
    config = keras.saving.serialize_keras_object(model)
    check_saved_config(json.dumps(config).encode())
