"""Files that were made to do harm: none runs code, leaves its folder, or takes memory without bound."""

import io
import json
import os
import pickle
import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest
from command import kvae

from kvae.errors import InputError
from kvae.modules.gmm.files import read_arrays
from kvae.modules.model_file import load_vae, save_vae
from kvae.runs import npy
from kvae.training.checkpoint_file import read_state

MARK = "KVAE_ATTACK_RAN"


class Attack:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return exec, (f"import os; os.environ[{MARK!r}] = '1'",)  # which os.putenv would not show


@pytest.fixture(autouse=True)
def unmarked(monkeypatch):
    """Nothing has run yet; a mark that an attack left is not the next test's."""
    monkeypatch.setenv(MARK, "")
    monkeypatch.delenv(MARK)


def test_the_attack_leaves_its_mark_where_it_is_unpickled():
    pickle.loads(pickle.dumps(Attack()))
    assert os.environ[MARK] == "1"


@pytest.fixture
def model(make_vae, tmp_path):
    vae = make_vae()
    vae.optimizer.build(vae.trainable_variables)
    save_vae(vae, tmp_path / "model.keras")
    return tmp_path / "model.keras"


def altered(path, change=None, **members):
    """Write a model again with its config changed, or with other members; values of None leave one out."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        content["config.json"] = json.dumps(change(json.loads(content["config.json"]))).encode()
    content |= {name.replace("__", "."): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            if value is not None:
                archive.writestr(name, value)


def first_layer(class_name, config, module="keras.layers"):
    """A change of a model's config that puts another layer in the place of the encoder's first hidden one."""

    def change(whole):
        layer = next(
            entry for entry in whole["config"]["encoder"]["config"]["layers"] if "units" in entry["config"]
        )
        layer |= {"class_name": class_name, "module": module, "registered_name": None}
        layer["config"] = {"name": layer["config"]["name"], **config}
        return whole

    return change


def function_layer():
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    return first_layer("Lambda", {"function": code})


def weights(fill):
    """A file of weights that `fill` writes."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    return stream.getvalue()


def huge_dataset(file):
    file.create_dataset("layers/a/vars/0", shape=(2**36,), dtype="f4", chunks=(1024,), compression="gzip")


def external_link(file):
    file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def external_data(file):
    file.create_dataset("layers/a/vars/0", (4,), "i1", external=[("/etc/passwd", 0, 4)])


def wide(units):
    def change(whole):
        text = json.dumps(whole)
        return json.loads(text.replace('"units": 8', f'"units": {units}'))

    return change


ATTACKS = {
    "a lambda layer": (lambda path: altered(path, function_layer()), "Lambda"),
    "a class of another module": (
        lambda path: altered(path, first_layer("Popen", {"args": ["true"]}, "subprocess")),
        "Could not locate class 'Popen'",
    ),
    "a function of Keras that is no layer": (
        lambda path: altered(
            path, first_layer("get_file", {"fname": "a", "origin": "file:///etc/passwd"}, "keras.utils")
        ),
        "is no model that can be read",
    ),
    "layers of 10^9 units": (lambda path: altered(path, wide(10**9)), "more weights than the"),
    "layers of 50,000 units": (lambda path: altered(path, wide(50_000)), "more weights than the"),
    "a member that leads out": (
        lambda path: altered(path, **{"../out__txt": b"x"}),
        "'../out.txt' is no part of a model",
    ),
    "a member beside": (
        lambda path: altered(path, **{"assets/a__py": b"x"}),
        "'assets/a.py' is no part of a model",
    ),
    "a config that is a bomb": (
        lambda path: altered(path, config__json=b" " * 2**27 + b"{}"),
        "its config.json takes 134,217",
    ),
    "weights of 2^36 values": (
        lambda path: altered(path, model__weights__h5=weights(huge_dataset)),
        "takes 274,877,906,944",
    ),
    "weights in another file": (
        lambda path: altered(path, model__weights__h5=weights(external_data)),
        "in another file",
    ),
    "a link to another file": (
        lambda path: altered(path, model__weights__h5=weights(external_link)),
        "a link to another",
    ),
    "no weights": (lambda path: altered(path, model__weights__h5=None), "is no model that can be read"),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps(Attack())), "is no model that can be read"),
    "a model of another kind": (
        lambda path: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path),
        "must hold a kvae.VAE. Received: Sequential",
    ),
    "half a model": (lambda path: path.write_bytes(path.read_bytes()[:2000]), "is no model that can be read"),
    "nothing": (lambda path: path.unlink(), "is no model that can be read"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_forged_model_is_refused_and_takes_no_memory(model, tmp_path, name):
    attack, expected = ATTACKS[name]
    attack(model)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        load_vae(model)
    assert expected in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**19  # KiB: half a GiB
    assert MARK not in os.environ
    assert {path.name for path in tmp_path.iterdir()} <= {"model.keras"}


def test_a_model_loads_after_an_attack_was_refused(model):
    assert load_vae(model).latent_dim == 2
    altered(model, wide(50_000))
    with pytest.raises(InputError):
        load_vae(model)
    altered(model, wide(50_000))
    assert keras.layers.Dense(3, name="free").name == "free"


def pickled(**arrays):
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=True, **arrays)
    return stream.getvalue()


STATES = {
    "objects": pickled(header=np.array([Attack()], object), weights=np.array([Attack()], object)),
    "a pickle": pickle.dumps(Attack()),
    "no JSON": pickled(header=np.array("{"), weights=np.zeros(1)),
    "JSON of another kind": pickled(header=np.array("[1, 2]")),
    "JSON without what is needed": pickled(header=np.array("{}")),
    "JSON nested without end": pickled(header=np.array("[" * 100_000)),
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("read", [read_state, read_arrays])
def test_a_forged_state_is_refused(tmp_path, name, read):
    path = tmp_path / "model.npz"
    path.write_bytes(STATES[name])
    with pytest.raises(InputError, match=r"model\.npz is no (checkpoint|mixture) that can be read"):
        read(path)
    assert MARK not in os.environ


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_pickles_are_refused_by_the_header_and_once_more_by_who_reads_the_array(tmp_path, monkeypatch, name):
    path, array = tmp_path / name, np.array([Attack()], object)
    (np.save if name == "x.npy" else np.savez)(path, array, allow_pickle=True)

    def read():
        if name == "x.npy":
            return npy.read_npy(path)
        with npy.open_npz(path) as archive:
            return archive["arr_0"]

    with pytest.raises(ValueError, match="it holds Python objects, which are not read"):
        read()
    monkeypatch.setattr(npy, "read_header", lambda file: ((), False, np.dtype("i1")))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read()
    assert MARK not in os.environ


RUN_FILES = {
    "run.json": ["[]", "{", '{"config": 5}', "[" * 10_000],
    "module001_vae/input.json": [
        "{}",
        '{"shape": "ab", "scaling": {}, "binarize": "none"}',
        '{"shape": [-1], "scaling": {"kind": "none", "offset": 0, "divisor": 1}, "binarize": "none"}',
        '{"shape": [6], "scaling": {"kind": "none", "offset": 0, "divisor": 0}, "binarize": "none"}',
        '{"shape": [6], "scaling": {"kind": "none", "offset": NaN, "divisor": 1}, "binarize": "none"}',
        '{"shape": [6], "scaling": {"kind": "none", "offset": [], "divisor": "x"}, "binarize": "none"}',
    ],
}


@pytest.fixture
def foreign_run(model, tmp_path):
    """A run folder as a colleague would send it, whose Hydra config asks for code to be run."""
    folder = tmp_path / "sent"
    (folder / "module001_vae").mkdir(parents=True)
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "config.yaml").write_text("model: {encoder: {_target_: os.system, command: touch ran}}\n")
    model.rename(folder / "module001_vae" / "model.keras")
    config = {
        "mode": {"name": "learn"},
        "model": {"likelihood": "bernoulli", "encoder": {"_target_": "os.system"}},
    }
    (folder / "run.json").write_text(json.dumps({"config": config}))
    (folder / "metrics.json").write_text("{}")
    spec = {"shape": [6], "scaling": {"kind": "none", "offset": 0.0, "divisor": 1.0}, "binarize": "none"}
    (folder / "module001_vae" / "input.json").write_text(json.dumps(spec))
    np.save(tmp_path / "x.npy", np.zeros((9, 6), np.float32))
    return folder


def recognise(foreign_run, tmp_path, monkeypatch):
    from kvae.config import compose
    from kvae.modes import recog
    from kvae.runs import RunFolder

    monkeypatch.chdir(tmp_path)
    config = compose("mode=recog", "data=file", "data.path=x.npy", f"mode.run={foreign_run}", "format=npy")
    return recog.run(config, RunFolder(tmp_path / "out", "npy"))


def test_a_run_from_elsewhere_is_used_without_running_its_config(foreign_run, tmp_path, monkeypatch):
    recognise(foreign_run, tmp_path, monkeypatch)
    assert np.load(tmp_path / "out" / "module001_vae" / "z_recog.npy").shape == (9, 2)
    assert not (tmp_path / "ran").exists() and not (foreign_run / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content"), [(name, text) for name, texts in RUN_FILES.items() for text in texts]
)
def test_a_run_with_forged_json_is_one_clear_error(foreign_run, tmp_path, monkeypatch, name, content):
    (foreign_run / name).write_text(content)
    with pytest.raises(InputError) as caught:
        recognise(foreign_run, tmp_path, monkeypatch)
    assert name.rpartition("/")[2] in str(caught.value)
    assert "is missing or damaged" in str(caught.value)


def test_a_json_of_any_size_is_not_read(foreign_run, tmp_path, monkeypatch):
    with (foreign_run / "run.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match=r"run\.json is missing or damaged: it is larger than 64 MiB"):
        recognise(foreign_run, tmp_path, monkeypatch)


def test_the_command_line_says_it_in_one_line(tmp_path):
    (tmp_path / "x.npz").write_bytes(pickled(x=np.array([Attack()], object)))
    result = kvae(tmp_path, "data=file", "data.path=x.npz")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "it holds Python objects" in result.stderr
    assert not list(tmp_path.rglob("metrics.json"))
