import errno
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import Timeout
from omegaconf import OmegaConf

from kvae.config import CheckBeforeRun, check, compose, instantiate, report_errors
from kvae.config.conf_files import defaults_of, keys_of, of_another_option, options_of
from kvae.config.errors import CONF, worded
from kvae.errors import InputError
from kvae.options.rules import declared
from kvae.options.schema import section_class
from kvae.process.interrupts import Interrupted

GROUPS = sorted(
    f"{path.parent.name}={path.stem}"
    for path in CONF.glob("*/*.yaml")
    if path.parent.name not in ("experiment", "sweep")
)
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))


@functools.cache
def composed(choice):
    """The plain values of the config with one option chosen."""
    return compose(choice).plain


@pytest.mark.parametrize("choice", GROUPS)
def test_every_group_file_composes_and_satisfies_the_schema(choice):
    group, option = choice.split("=")
    values = composed(choice)[group]
    assert values.get("name", option) in (option, values.get("name"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_starts_with_its_command(name):
    compose(f"experiment={name}")
    lines = (CONF / "experiment" / f"{name}.yaml").read_text().splitlines()
    assert lines[0] == "# @package _global_"  # Hydra reads it nowhere else
    assert lines[1].startswith(f"# python run.py experiment={name}")


@pytest.mark.parametrize("name", sorted(path.stem for path in (CONF / "sweep").glob("*.yaml")))
def test_every_ready_sweep_composes_and_starts_with_its_command(name):
    compose(f"sweep={name}")
    lines = (CONF / "sweep" / f"{name}.yaml").read_text().splitlines()
    assert lines[0] == "# @package _global_"
    assert lines[1].startswith("# python run.py ")


@pytest.mark.parametrize(
    "path",
    sorted([*CONF.glob("*/*.yaml"), *CONF.glob("every_*.yaml")]),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_every_key_is_explained(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith("#")
    if path.parent.name in ("experiment", "sweep"):
        return
    for line in lines:
        key = line.split(":")[0]
        names_itself = key in ("name", "_target_", "decoder", "optimizer", "defaults")
        assert not line or line.startswith((" ", "#")) or "#" in line or names_itself, line


@pytest.mark.parametrize("path", sorted(CONF.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_repeats_nothing_of_those_that_it_begins_with(path):
    if path.parent.name in ("experiment", "sweep"):
        return
    own = OmegaConf.to_container(OmegaConf.load(path))
    before = defaults_of(own, path)
    assert not {key for key in own.keys() & before.keys() if own[key] == before[key]}


def test_overrides_reach_the_sections():
    config = compose("model.latent_dim=7", "train.batch_size=32", "data.scale=16", "seed=3", "model.KL_param=0")
    assert (config.model.latent_dim, config.train.batch_size, config.data.scale) == (7, 32, 16)
    assert (config.run.seed, config.model.KL_param) == (3, 0)
    assert config.model.encoder["hidden_encoder_dim"] == 100


WRONG = {
    "model.latent_dim=-1": "model.latent_dim must be an integer >= 1. Received: -1. Type, for example, model.",
    "model.latent_dim=abc": "model.latent_dim must be an integer >= 1. Received: 'abc'",
    "model.latent_dim=2.0": "Received: 2.0",
    "model.latent_dim=true": "Received: true",
    "model.latent_dim=[1,true,null]": "Received: [1, true, null]",
    "model.hidden_encoder_dim=null": "must be an integer >= 1 or a list of integers >= 1. Received: null",
    "model.latent_dim=null": "Received: null",
    "model.KL_param=-0.5": "model.KL_param must be a finite number >= 0. Received: -0.5",
    "model.KL_param=nan": "Received: nan",
    "model.KL_param=inf": "Received: inf",
    "model.weight_stddev=0": "model.weight_stddev must be a finite number > 0 or null. Received: 0",
    "model.hidden_encoder_dim=[]": "model.hidden_encoder_dim must be an integer >= 1 or a list of",
    "model.hidden_decoder_dim=[10,0]": r"Received: [10, 0]",
    "model.likelihood=poissen": "student_t, table, or a node with a _target_. Received: 'poissen'",
    "model.likelihood=binomial": "model.likelihood=binomial needs n, an integer >= 1. Type, for example, "
    "model.likelihood.n=16",
    "model.n_samples=0": "model.n_samples must be an integer >= 1. Received: 0",
    "model.free_bits=-1": "model.free_bits must be a finite number >= 0. Received: -1",
    "model.encoder._target_=5": "model.encoder must be a node with a _target_",
    "train.optimizer=sgd": "Type, for example, train.optimizer._target_=keras.optimizers.Adam",
    "model.latent_dimm=3": "Did you mean model.latent_dim?",
    "model=huge": "unknown model=huge. Allowed: conv, guide, mlp, table, tiny",
    "hydra/launcher=huge": "unknown hydra/launcher=huge. Allowed: basic, cores, ",
    "modle=mlp": "unknown key modle. Allowed at the top: ",
    "train.itr=0": "train.itr must be an integer >= 1. Received: 0",
    "train.itr=1.5": "Received: 1.5",
    "train.batch_size=0": "train.batch_size must be an integer >= 1 or null. Received: 0",
    "train.learning_rate=0": "train.learning_rate must be a finite number > 0. Received: 0",
    "train.patience=-3": "train.patience must be an integer >= 1 or null. Received: -3",
    "train.log_every=0": "train.log_every must be",
    "train.checkpoint_every=x": "train.checkpoint_every must be",
    "train.jit_compile=2": "train.jit_compile must be true or false or null. Received: 2",
    "+train.foo=1": "unknown key train.foo. Allowed under train: ",
    "data.test_fraction=1": "data.test_fraction must be a number >= 0 and < 1 or null. Received: 1",
    "data.scale=max": "data.scale must be one of none, minmax, standard or a finite number > 0. Received: 'max'",
    "data.binarize=yes": "data.binarize must be one of none, threshold, dynamic",
    "data.limit=0": "data.limit must be",
    "data.split=random": "data.split must be one of last, spread. Received: 'random'",
    "data.path=x.csv": (
        "data=digits has no key path. It belongs to data=fashion_mnist, data=file, data=images, data=mnist and "
        "data=table. Type one of them, or leave data.path out"
    ),
    "data.columns=[1]": "data=digits has no key columns. It belongs to data=file and data=table. Type one",
    "+data.columns=[1]": "data=digits has no key columns. It belongs to data=file and data=table. Type one",
    "model.filters=[3]": "the chosen model has no key filters. It belongs to model=conv. Type model",
    "+model.filters=[3]": "the chosen model has no key filters. It belongs to model=conv. Type model",
    "kl.n_cycles=3": "kl=constant has no key n_cycles. It belongs to kl=cyclical. Type kl=cyclical, or leave",
    "+kl.n_cycles=3": "kl=constant has no key n_cycles. It belongs to kl=cyclical. Type kl=cyclical, or leave",
    "+kl.cycles=3": "unknown key kl.cycles. Allowed under kl: _target_",
    "prior.rounds=3": "prior=standard has no key rounds. It belongs to prior=gmm. Type prior=gmm, or leave",
    "mode.contamination=0.1": (
        "mode=learn has no key contamination. It belongs to mode=detect. Type mode=detect, or leave "
        "mode.contamination out"
    ),
    "data.name=x": "data.name must be one of digits, fashion_mnist, file, images, mnist, table. Received: 'x'",
    "model.encoder._target_=kvae.layers.mlp_encodr": "Did you mean kvae.networks.mlp.mlp_encoder?",
    "mode=fly": "unknown mode=fly. Allowed: compress, decompress, detect, evaluate, export, generate, ",
    "mode.run=x": "mode=learn has no key run. It belongs to mode=compress, mode=decompress, mode=detect, ",
    "seed=-1": "seed must be an integer from 0 to 4294967295. Received: -1",
    "seed=null": "seed must be an integer from 0 to 4294967295. Received: null",
    "seed=4294967296": "seed must be an integer from 0 to 4294967295. Received: 4294967296",
    "train.checkpoint_every=0min": "a time such as 10min, 90s or 2h or null. Received: '0min'",
    "train.on_nan=ignore": "train.on_nan must be one of retry, stop. Received: 'ignore'",
    "format=h5": "format must be one of txt, npy, csv. Received: 'h5'",
    "name=''": "name must be text. Received: ''",
    "tracking=wandb": "unknown tracking=wandb. Allowed: mlflow, none, tensorboard",
    "tracking.uri=x": "tracking=none has no key uri. It belongs to tracking=mlflow. Type tracking=",
    "outputs=3": "outputs must be text. Received: 3",
    "model.latent_dim=[": "model.latent_dim=[",
    "name=${nothing}": "nothing",
}


@pytest.mark.parametrize(("override", "message"), WRONG.items())
def test_a_wrong_override_is_one_line_that_says_what_is_allowed(override, message):
    with pytest.raises(InputError) as caught:
        compose(override)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


HEAVY = "{'tensorflow', 'keras', 'sklearn', 'matplotlib', 'mlflow', 'tensorboard'}"


def test_the_keys_of_every_option_are_checked_without_tensorflow_and_keras():
    code = (
        "import json, sys; from kvae.config import check, compose, instantiate; compose()\n"
        "[check(values, instantiate) for values in json.load(sys.stdin)]\n"
        f"assert not {HEAVY} & sys.modules.keys()"
    )
    values = json.dumps([composed(choice) for choice in GROUPS])
    subprocess.run([sys.executable, "-c", code], check=True, input=values, text=True)


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], 0), (["mode=detect", "prior=gmm", "mode.contamination=2"], 1)]
)
def test_help_and_a_config_error_answer_without_tensorflow(tmp_path, arguments, status):
    result = subprocess.run(
        [sys.executable, "-X", "importtime", str(CONF.parent / "run.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == status
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if "import time:" in line}
    assert "kvae.config.words" in imported and not {"tensorflow", "keras", "matplotlib"} & imported


POOL = [
    None,
    True,
    0,
    1,
    -1,
    2**70,
    0.5,
    -0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "abc",
    "10min",
    [],
    [0],
    ["a"],
    {},
]
OPTIONS = [choice for choice in GROUPS if not choice.startswith("hydra")]


@pytest.mark.parametrize("choice", OPTIONS)
def test_every_key_takes_what_its_rule_allows_and_refuses_the_rest_in_one_form(choice):
    section, plain = choice.partition("=")[0], composed(choice)
    for name, rule in declared(section_class(section, plain[section], True)).items():
        if name not in ("name", "_target_"):  # which say what option it is
            check_key(plain, section, name, rule)


# How values that Python writes otherwise are typed.
TYPED = {"None": "null", "True": "true", "False": "false", "[True]": "[true]", "[None]": "[null]"}


def check_key(plain, section, name, rule):
    refused = 0
    for value in POOL:
        values = {**plain, section: {**plain[section], name: value}}
        if rule.accepts(value):
            assert getattr(getattr(check(values, instantiate), section), name) == value
            continue
        refused += 1
        with pytest.raises(InputError) as caught:
            check(values, instantiate)
        assert str(caught.value) == (
            f"{section}.{name} must be {rule.allowed}. Received: {TYPED.get(repr(value), repr(value))}. "
            f"Type, for example, {section}.{name}{rule.below}={rule.example}"
        )
    assert refused >= 5, name  # of every key some kinds of value are wrong


@pytest.mark.parametrize("choice", [choice for choice in GROUPS if not choice.startswith("hydra")])
def test_the_files_of_an_option_hold_the_keys_that_it_declares(choice):
    group, option = choice.split("=")
    declares = declared(section_class(group, composed(choice)[group], True)).keys()
    assert keys_of(group, option) == set(composed(choice)[group]) == declares


def test_a_key_of_other_options_names_all_of_them():
    assert options_of("kl") == ["capacity", "constant", "cyclical", "warmup"]
    assert of_another_option("kl", "n_iterations", {"_target_": "kvae.schedules.cyclical"}) == (
        "kl=cyclical has no key n_iterations. It belongs to kl=capacity and kl=warmup. Type one of them, or leave "
        "kl.n_iterations out"
    )
    assert of_another_option("kl", "n_iterations", {"_target_": "mine.ramp", "name": "mine"}).startswith(
        "kl=mine has"
    )
    assert of_another_option("kl", "nothing", {}) is None
    assert of_another_option("data", "path", {"name": "digits", "path": "x"}) is None  # it is there


def composed_for_hydra(folder, *overrides):
    return OmegaConf.create({**compose(*overrides).plain, "hydra": {"run": {"dir": str(folder)}}})


def test_a_run_folder_that_is_in_use_is_left_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Held:
        def __init__(self, *args, **kwargs):
            pass

        def acquire(self, timeout):
            raise Timeout("held")

    monkeypatch.setattr("kvae.runs.lock.FileLock", Held)
    with pytest.raises(SystemExit) as ended:
        CheckBeforeRun().on_run_start(composed_for_hydra(tmp_path / "run"))
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("error: another run is at work in run. Wait for its end")
    assert not (tmp_path / "run" / ".hydra").exists()


def test_a_mistake_makes_no_run_folder(tmp_path, capsys):
    config = composed_for_hydra(tmp_path / "run")
    config.model.latent_dim = 0
    with pytest.raises(SystemExit):
        CheckBeforeRun().on_run_start(config)
    assert "model.latent_dim must be an integer >= 1. Received: 0" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "the run folder could not be written: No space",
        ),
        (PermissionError(errno.EACCES, "x", "out"), 1, "out could not be written: Permission denied"),
        (Interrupted(15), 143, ""),
        (Interrupted(2), 130, ""),
        (KeyboardInterrupt(), 130, ""),
        (InputError("of a sweep"), 1, "error: of a sweep"),
    ],
)
def test_how_a_command_ends(error, status, text, capsys, monkeypatch):
    monkeypatch.setattr("kvae.config.errors.end_on_signals", lambda: None)
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def command():
        raise error

    with pytest.raises(SystemExit) as ended:
        report_errors(command)
    assert ended.value.code == status
    assert text in capsys.readouterr().err


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr("kvae.config.errors.end_on_signals", lambda: None)
    monkeypatch.setattr(sys, "argv", ["run.py"])
    with pytest.raises(FileNotFoundError):
        report_errors(lambda: Path("nowhere/at/all").read_text())
    with pytest.raises(ZeroDivisionError):
        report_errors(lambda: 1 // 0)


def test_memory_that_is_short_is_worded():
    assert worded(MemoryError("Unable to allocate 3 GiB")).startswith(
        "out of memory: Unable to allocate 3 GiB. Lower"
    )
