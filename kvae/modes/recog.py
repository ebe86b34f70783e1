"""`mode=recog`: latent codes and reconstructions of data with a learnt run, which stays as it is."""

import logging
import time
from pathlib import Path

from kvae.artifacts import RunFolder, find_learnt_run, read_json
from kvae.build import import_networks
from kvae.config import Config
from kvae.data import Data, InputSpec, Part, load_data
from kvae.data.checks import check_support
from kvae.errors import InputError
from kvae.metrics import active_units, bits_per_dim
from kvae.model import VAE, load_vae
from kvae.modes.write import measure, warn_if_large, write_results

log = logging.getLogger(__name__)


def run(config: Config, folder: RunFolder) -> tuple[dict[str, float], RunFolder]:
    """Recognise with the learnt run that the config names or fits, and write the results to `folder`.

    Architecture, scaling and shape come from the learnt run. Never trains.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    learnt = learnt_run(config)
    log.info("recognising with %s", learnt.path)
    import_networks(config.model)
    vae = load_vae(learnt.vae.model)
    spec = InputSpec.from_json(read_json(learnt.vae.input_spec))
    data = load_data(config.data, config.run.seed, spec)
    which = config.mode.split or default_split(config, learnt, data)
    part = choose(data, which)
    check_support(part.x, learnt.read_config()["model"]["likelihood"], config.data)
    log.info("data %s: %s observations (%s)", config.data.name, f"{len(part):,}", which)
    warn_if_large(part, vae, folder)
    folder.write_run(config.plain | {"learnt_run": str(learnt.path)})
    metrics = recognise(vae, part, spec, folder, config)
    folder.write_metrics(metrics)
    return metrics, folder


def learnt_run(config: Config) -> RunFolder:
    """The run that `mode.run` names, or the newest that fits."""
    if config.mode.run is None:
        return find_learnt_run(config.plain, config.run.outputs)
    learnt = RunFolder(config.mode.run)
    if not (learnt.finished and learnt.vae.model.is_file()):
        raise InputError(f"mode.run={config.mode.run} is no finished learnt run (looked in {Path.cwd()})")
    return learnt


def default_split(config: Config, learnt: RunFolder, data: Data) -> str:
    """The held-out rows of the data that was learnt; all rows of other data, or when none are held out."""
    same = config.plain["data"] == learnt.read_config()["data"]
    return "test" if same and data.test is not None else "all"


def choose(data: Data, which: str) -> Part:
    """The rows that `mode.split` names."""
    if which == "all":
        return data.everything
    if which == "train":
        return data.train
    if data.test is None:
        raise InputError("mode.split=test: nothing is held out (data.test_fraction=0). Type mode.split=all")
    return data.test


def recognise(vae: VAE, part: Part, spec: InputSpec, folder: RunFolder, config: Config) -> dict[str, float]:
    """Write the results and measure them."""
    began = time.perf_counter()
    z_mean = write_results(vae, part, spec, folder.vae, "recog", config.mode.latent)
    seconds = time.perf_counter() - began
    metrics = measure(vae, part)
    return metrics | {
        "active_units": active_units(z_mean),
        "bits_per_dim": bits_per_dim(metrics["reconstruction"], metrics["kl"], spec.shape),
        "seconds": seconds,
        "observations_per_second": len(part) / seconds,
    }
