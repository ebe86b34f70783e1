"""Run folders as learning leaves them, without learning."""

from kvae.config import compose
from kvae.data import load_data
from kvae.modes.build import build_vae
from kvae.modules import Observation
from kvae.modules.model_file import save_vae
from kvae.modules.priors import modules_of
from kvae.runs import RunFolder, as_recorded
from kvae.runs.files import write_json
from kvae.training import compiling

METRICS = {"loss": 1.5}


def save_run(path, *keys):
    """A finished run of a model with large random weights instead of learnt ones; its data."""
    config = compose("model=tiny", "train.jit_compile=false", "model.weight_stddev=0.6", *keys)
    data = load_data(config.data, 0)
    vae = build_vae(config, data.spec)
    folder = RunFolder(path)
    save_vae(vae, folder.vae.model)
    folder.write_run(config.plain, as_recorded(config.data.path, len(data.train)))
    write_json(folder.vae.input_spec, data.spec.to_json())
    if config.prior.name == "gmm":
        (gmm,) = modules_of(config.prior, config.run.seed)
        gmm.connect(Observation(vae.encode(data.train.x)[0]))
        gmm.use_folder(folder.module(2, "gmm"))
        gmm.update()
        gmm.save()
    folder.write_metrics(METRICS)
    compiling.make_deterministic(jit_compile=True)
    return data
