"""`resume=FOLDER` of a folder that somebody else made: its command sets kvae's own keys and nothing else."""

import json

import pytest

from kvae.config.errors import CONF
from kvae.config.foreign import CHOSEN, TOP, check_command
from kvae.config.resume import expand_resume
from kvae.config.targets import is_documented
from kvae.errors import InputError
from kvae.options.schema import keys_in
from kvae.process.visible import in_a_line
from kvae.sweep.folders import SweepFolder

# What kvae's own docs show, and users type: a folder may bring it.
OWN = [
    "model.latent_dim=20", "seed=0,1,2", "seed=range(10)", "train.itr=5000", "train.batch_size=null", "name=vae",
    "name='a b'", "model=tiny", "model=mlp,conv", "model=mine", "kl=warmup", "kl.n_iterations=50", "prior=gmm",
    "prior.n_components=10", "mode=recog", "mode.run=outputs/vae/learn/x", "data=file", "data.path=x.csv",
    "data.path='data (1).csv'", "data.columns=[0,1,2]", "data.scale=255", "data.normal_label=3", "outputs=outputs",
    "experiment=beta_warmup", "sweep=optuna", "sweep=grid", "objective=bits_per_dim", "format=npy",
    "tracking=tensorboard", "hydra/launcher=joblib", "hydra.launcher.n_jobs=4", "hydra.sweeper.n_trials=50",
    "hydra.sweeper.together=[model.latent_dim,train.itr]", "model.hidden_encoder_dim=100,[200,100]",
    "model.hidden_decoder_dim=${model.hidden_encoder_dim}", "'model.latent_dim=int(interval(2,50))'"[1:-1],
    "train.learning_rate=tag(log,interval(0.0005,0.003))", "train.global_clipnorm=null,1", "kl=glob(*)",
    "train.optimizer._target_=keras.optimizers.SGD", "+train.optimizer.momentum=0.9", "+model.width=64",
    "train.optimizer={_target_:keras.optimizers.SGD,momentum:0.9}", "kl._target_=kvae.schedules.cyclical",
    "model.encoder._target_=kvae.layers.conv_encoder", "model.encoder.weight_stddev=0.1", "mode.index=[3,8]",
    "network=vae_gmm_mm",
    "network.rounds=3",
    "++network.modules.gmm1.K=8,10",
    "++network.modules.mm1={module:markov_model,observes:gmm1}",
    "+train.optimizer.learning_rate={_target_:keras.optimizers.schedules.CosineDecay,decay_steps:10}",
]  # fmt: skip

# What only the user may say.
FOREIGN = [
    "hydra.callbacks.check._target_=joblib.load",
    "++network.modules.own._target_=evil.Module",
    "++network.modules.own={_target_:os.system,observes:vae1}",
    "++network.modules.images.cache=/tmp/elsewhere",
    "++network.modules.images={name:mnist,cache:/tmp/elsewhere}",
    "++network.modules.gmm1.K=10000000",
    "++network.evil=1",
    "+hydra.callbacks.check.filename=evil.pkl",
    "hydra.callbacks={}",
    "hydra.run.dir=/tmp/elsewhere",
    "hydra.sweep.dir=/tmp/elsewhere",
    "hydra.sweep.subdir=../../elsewhere",
    "hydra.job.chdir=true",
    "+hydra.job.env_set.PYTHONPATH=/tmp/evil",
    "hydra.job_logging.handlers.file.filename=/tmp/elsewhere",
    "hydra/job_logging=default",
    "hydra.output_subdir=null",
    "hydra.searchpath=[file:///tmp/evil]",
    "hydra/launcher=slurm",
    "hydra/launcher=ray",
    "hydra/launcher=submitit_local",
    "hydra/launcher=[joblib,slurm]",
    "hydra.launcher.setup=['touch /tmp/ran']",
    "hydra.launcher.ray.init.address=evil.example:6379",
    "hydra.launcher.n_jobs=100000",
    "hydra.sweeper.storage=sqlite:////tmp/elsewhere.db",
    "hydra.sweeper.pruner._target_=joblib.load",
    "hydra.sweeper.sampler._target_=os.system",
    "hydra.sweeper._target_=evil.Sweeper",
    "hydra.sweeper.params={a:b}",
    "hydra/sweeper=basic",
    "hydra.help.template=x",
    "+evil.key=1",
    "++evil=1",
    "~model.encoder",
    "~hydra.callbacks",
    "~model",
    "--config-dir=/tmp/evil",
    "--config-path=/tmp/evil",
    "-m",
    "--hydra-help",
    "--experimental-rerun=x.pickle",
    "-cd/tmp/evil",
    "model=../../../tmp/evil",
    "model=/tmp/evil",
    "model=pkg://evil",
    "model@hydra.callbacks=tiny",
    "+model@_global_=tiny",
    "experiment=[../evil]",
    "train.device=${oc.env:SECRET}",
    "name=${oc.decode:${oc.env:X}}",
    "name='${oc.env:HOME}'",
    "name=a${name}b",
    "name=${name}${name}${name}",
    "name=${hydra.runtime.cwd}",
    "name=${now:%Y}",
    "name=\\${oc.env:HOME}",
    "name=${.name}",
    "seed=1,${oc.env:X}",
    "data.columns=[1,${oc.env:X}]",
    "train.optimizer={_target_:os.system,command:x}",
    "train.optimizer={a:{b:[{_target_:joblib.load}]}}",
    "'train.optimizer={\"_target_\":\"os.system\"}'"[1:-1],
    "train.optimizer._args_=[1]",
    "+train.optimizer._partial_=true",
    "+train.optimizer.x={class_name:Lambda,config:{}}",
    "+train.optimizer.x={module:os,class_name:system}",
    "model.encoder._target_=my_models.encoder",
    "model.encoder._target_=kvae.layers.conv_encoder,os.system",
    "model.encoder={_target_:my_models.encoder}",
    "kl._target_=my_schedules.linear",
    "+data._target_=my_data.rows",
    "+data._target_=os.system",
    "+mode._target_=my_modes.run",
    "+prior._target_=my_modules.Halves",
    "+tracking._target_=my_trackers.Lines",
    "tracking=lines",
    "tracking=mlflow",
    "tracking.uri=http://evil.example",
    "tracking.name=mlflow",
    "data.cache=disk",
    "outputs=/etc",
    "outputs=../..",
    "outputs=~/elsewhere",
    "model.latent_dim=1000000000",
    "model.hidden_encoder_dim=[100,1000000000]",
    "model.n_samples=1000000000",
    "prior.n_components=1000000000",
    "mode.n=1000000000000",
    "seed=range(1000000000000)",
    "seed=range(0,1,0)",
    "seed=99999999999999999999999999",
    "model.latent_dim.x=1",
    "data.x.y=1",
    "train.resume.x=1",
    "unknown=1",
    "data.unknown=1",
    "model",
    "=",
    "seed=[[[[",
    "seed=" + "[" * 3000,
    "seed=" + "1" * 5000,
    "\x1b]0;evil\x07=1",
    "seed=1\nerror: all is well",
    "",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".hydra").mkdir()
    return tmp_path


def brought(folder, *overrides):
    (folder / ".hydra" / "overrides.yaml").write_text(json.dumps(list(overrides)))
    return folder


@pytest.mark.parametrize("override", OWN)
def test_kvae_s_own_keys_go_on(folder, override):
    assert expand_resume([f"resume={brought(folder, override)}"])[1:] == [override]


@pytest.mark.parametrize("override", FOREIGN)
def test_what_else_a_folder_brings_is_refused_in_one_sentence(folder, override):
    brought(folder, "seed=1", override)
    with pytest.raises(InputError) as caught:
        expand_resume([f"resume={folder}"])
    text = str(caught.value)
    assert (
        text.startswith(f"resume={folder} brings  {in_a_line(override[:200])}  which ")
        and "\n" not in text
        and len(text) < 2000
    )
    assert "type the rest yourself:  python run.py resume=" in text


@pytest.mark.parametrize("override", FOREIGN)
def test_of_a_sweep_as_of_a_run(folder, override):
    SweepFolder(folder).write_plan(["seed=0,1", override], "val_loss", [])
    with pytest.raises(InputError, match="brings"):
        expand_resume([f"resume={folder}"])


def test_what_the_user_types_again_counts(folder):
    brought(folder, "model.encoder._target_=my_models.encoder", "hydra.job.chdir=true", "seed=1")
    typed = ["model.encoder._target_=my_models.encoder", "hydra.job.chdir=false"]
    found = expand_resume([f"resume={folder}", *typed])
    assert found[1:] == ["seed=1", *typed]
    with pytest.raises(InputError, match=r"resume=.* model.encoder._target_=my_models.encoder$"):
        expand_resume([f"resume={folder}", "hydra.job.chdir=false"])


def test_all_that_is_to_be_typed_again_is_told_at_once(folder):
    brought(folder, "model.encoder._target_=my_models.encoder", "seed=1", "~model.encoder.weight_stddev")
    with pytest.raises(InputError) as caught:
        expand_resume([f"resume={folder}"])
    text = str(caught.value)
    assert "no documented part of networks or training (and 1 more). A folder" in text
    assert text.endswith(f"resume={folder} model.encoder._target_=my_models.encoder ~model.encoder.weight_stddev")


def test_what_is_to_be_typed_again_is_quoted_for_a_shell(folder):
    brought(folder, "hydra.launcher.setup=['touch ran; $(rm x)']")
    with pytest.raises(InputError) as caught:
        expand_resume([f"resume={folder}"])
    assert str(caught.value).endswith(r"""'hydra.launcher.setup=['"'"'touch ran; $(rm x)'"'"']'""")


def test_an_outputs_folder_that_holds_the_run_is_its_own(folder):
    run = folder / "vae" / "learn"
    check_command([f"outputs={folder}"], run)
    with pytest.raises(InputError, match="names a place that does not contain the folder"):
        check_command([f"outputs={folder}/elsewhere"], run)


def test_more_jobs_than_a_sweep_has_are_refused(folder):
    check_command(["seed=range(100)", "model.latent_dim=range(100)"], folder)
    with pytest.raises(InputError, match="more than 100,000 jobs"):
        check_command(["seed=range(1000)", "model.latent_dim=range(1000)"], folder)
    with pytest.raises(InputError, match="more than 1,000 overrides"):
        check_command(["seed=1"] * 1001, folder)


@pytest.mark.parametrize(
    "text",
    [
        "- !!python/object/apply:os.system [touch ran]",
        "- !!python/name:os.system",
        "- &a seed=1\n- *a",
        "- &a [x, x]\n- *a",
        "a: &a [x]\nb: *a",
        "a: 1",
        "- 1",
        "- [seed=1]",
        "seed=1",
        "- 'unended",
        "\x00",
        "[" * 5000,
        "- " + "x" * 2**19,
    ],
)
def test_notes_that_are_no_list_of_texts_are_damaged(folder, text):
    (folder / ".hydra" / "overrides.yaml").write_text(text)
    with pytest.raises(InputError, match=r"overrides\.yaml is missing or damaged"):
        expand_resume([f"resume={folder}"])
    (folder / ".hydra" / "overrides.yaml").write_bytes(b"- \xff\xfe")
    with pytest.raises(InputError, match=r"overrides\.yaml is missing or damaged"):
        expand_resume([f"resume={folder}"])


@pytest.mark.parametrize(
    "target",
    [
        "keras.utils.get_file", "keras.saving.load_model", "keras.models.load_model", "keras.layers.deserialize",
        "keras.layers.Lambda", "keras.layers.TFSMLayer", "keras.optimizers.get", "keras.optimizers.deserialize",
        "keras.src.layers.Dense", "keras.src.utils.file_utils.get_file", "keras.layers.missing", "keras.Model",
        "keras.applications.VGG16", "keras.callbacks.BackupAndRestore", "keras.layers", "tensorflow.keras.Model",
        "kvae.report.__main__.main", "kvae.config.instantiate", "kvae.config.CheckBeforeRun", "kvae.layers.keras",
        "kvae.networks.mlp.keras.utils.get_file", "kvae.networks.mlp.keras", "kvae.networks.mlp.dense",
        "kvae.layers.LIKELIHOODS", "kvae.layers.sampling",
        "kvae.schedules.math", "kvae.schedules.NamedTuple", "kvae.modules.model_file.load_vae",
        "kvae.runs.lock.lock", "os.system",
        "builtins.eval", "joblib.load", "my_models.encoder", "", "keras.layers.Dense.from_config", ".Dense", None,
        "keras.layers.Dense\n", "keras.optimizers.schedules.deserialize", "kvae.layers.__builtins__.eval",
    ],
)  # fmt: skip
def test_code_that_a_folder_may_not_name(target):
    assert not is_documented(target)


@pytest.mark.parametrize(
    "target",
    [
        "kvae.layers.mlp_encoder", "kvae.networks.mlp.mlp_encoder", "kvae.layers.Bernoulli",
        "kvae.schedules.constant", "keras.layers.Dense",
        "keras.optimizers.AdamW", "keras.optimizers.schedules.CosineDecay", "keras.initializers.HeNormal",
        "keras.regularizers.L2", "keras.constraints.MaxNorm", "keras.Sequential",
    ],
)  # fmt: skip
def test_code_that_is_documented(target):
    assert is_documented(target)


def test_every_target_and_group_of_kvae_s_own_files_is_taken():
    from omegaconf import OmegaConf

    found = []
    for path in CONF.glob("*/*.yaml"):
        if path.parent.name in ("model", "kl", "train"):
            node = OmegaConf.to_container(OmegaConf.load(path))
            nodes = [node, *(value for value in node.values() if isinstance(value, dict))]
            found += [value["_target_"] for value in nodes if "_target_" in value]
    assert len(found) > 8 and all(map(is_documented, found))
    assert {path.name for path in CONF.iterdir() if path.is_dir()} - {"hydra"} <= CHOSEN
    assert "itr" in keys_in("train") and "outputs" in TOP


@pytest.mark.parametrize("target", ["os.system", "builtins.eval", "subprocess.Popen", "importlib.import_module"])
def test_hydra_has_a_guard_of_its_own(target):
    """It was tried with the versions that `pyproject.toml` allows; older ones than these have none."""
    import hydra.utils

    with pytest.raises(hydra.errors.InstantiationException, match=r"blocklisted|not allowed"):
        hydra.utils.instantiate({"_target_": target, "_args_": ["1"]})
