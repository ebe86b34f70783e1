"""`mode=recog`: latent codes and reconstructions of data with a learnt run, which stays as it is."""

import logging
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from kvae import plots
from kvae.artifacts import RunFolder, find_learnt_run, select
from kvae.build import import_networks
from kvae.config import Config, check
from kvae.data import Data, InputSpec, Part, load_data
from kvae.data.checks import check_support
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.files import read_json
from kvae.layers import Bernoulli
from kvae.metrics import are_classes, bits_per_dim, confusion
from kvae.model import VAE
from kvae.modes.rounds import build_gmm, read_mu, split_messages
from kvae.modes.shards import Shard, check_shard, shard_of
from kvae.modes.write import measure, warn_if_large, write_results
from kvae.modules import GMM, Gaussian, Observation
from kvae.saving import load_vae
from kvae.tracking import NoTracker, Tracker

log = logging.getLogger(__name__)

# Keys of the group data that change how it is read, not what it is.
HOW_TO_READ = {"memory", "shuffle_rows", "cache"}


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Recognise with the learnt run that the config names or fits, and write the results to `folder`.

    Architecture, scaling and shape come from the learnt run. Never trains. `tracker` records the run.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    check_shard(config.mode)
    learnt = learnt_run(config)
    log.info("recognising with %s", learnt.path)
    import_networks(config.model)
    vae = load_vae(learnt.vae.model)
    spec = read_spec(learnt)
    data = load_data(config.data, config.run.seed, spec)
    which = config.mode.split or default_split(config, learnt, data)
    whole = choose(data, which)
    shard = shard_of(config.mode, len(whole))
    part = shard.rows_of(whole)
    check_support(part.x, "bernoulli" if isinstance(vae.likelihood, Bernoulli) else "other", config.data)
    stored = ", streamed" if isinstance(part.x, StoredRows) else ""
    rows = f"{len(part):,}" if shard.of == 1 else f"rows {shard.start:,} to {shard.stop:,} of {shard.n:,}"
    log.info("data %s: %s observations (%s)%s", config.data.name, rows, which, stored)
    warn_if_large(part, vae, folder)
    messages = shard.messages_of(messages_for(config, data, which))
    (tracker or NoTracker()).begin(folder)
    folder.write_run(config.plain | {"learnt_run": str(learnt.path), "shard": asdict(shard)})
    metrics = recognise(vae, part, spec, folder, config, learnt, messages, shard)
    folder.write_metrics(metrics)
    return metrics, folder


def read_spec(learnt: RunFolder) -> InputSpec:
    """What a learnt run expects of its input."""
    path = learnt.vae.input_spec
    try:
        return InputSpec.from_json(read_json(path))
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path} is missing or damaged: {error}") from error


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
    ours, theirs = (
        {key: value for key, value in (select(plain, "data") or {}).items() if key not in HOW_TO_READ}
        for plain in (config.plain, learnt.read_config())
    )
    same = ours == theirs
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


def messages_for(config: Config, data: Data, which: str) -> Gaussian | None:
    """The messages of `prior=message` for the rows that `mode.split` names; None of any other prior."""
    if config.prior.name != "message":
        return None
    mu = read_mu(config, data)
    train, test = split_messages(mu, data)
    return Gaussian(mu) if which == "all" else (train if which == "train" else test)


def recognise(
    vae: VAE,
    part: Part,
    spec: InputSpec,
    folder: RunFolder,
    config: Config,
    learnt: RunFolder,
    messages: Gaussian | None,
    shard: Shard,
) -> dict[str, float]:
    """Write the results of the VAE, and of the mixture if one was learnt with it, and measure them."""
    began = time.perf_counter()
    keep = learnt.gmm.mixture.is_file()
    seed = None if vae.seed is None else shard.seed(vae.seed)
    mode = config.mode
    written = write_results(vae, part, spec, folder.vae, "recog", mode.latent, keep, mode.x_hat, seed)
    gmm = None if written.z_mean is None else recognise_classes(written.z_mean, part, learnt, folder)
    if gmm is not None and gmm.category is not None and shard.of > 1:
        counts, classes, labels = confusion(gmm.classes, gmm.category)
        folder.gmm.write_arrays(folder.gmm.counts, counts=counts, classes=classes, labels=labels.astype(str))
    seconds = time.perf_counter() - began
    sent = messages if gmm is None else gmm.sent
    metrics = measure(vae, part, None if sent is None else sent.as_prior())
    metrics |= {
        "active_units": written.active_units,
        "bits_per_dim": bits_per_dim(metrics["reconstruction"], metrics["kl"], spec.shape),
        **({} if gmm is None else gmm.measure()),
    }
    return metrics | {"seconds": seconds, "observations_per_second": len(part) / seconds}


def recognise_classes(z_mean: np.ndarray, part: Part, learnt: RunFolder, folder: RunFolder) -> GMM | None:
    """The learnt mixture after it inferred the classes of codes `(n, latent_dim)` and wrote them; None without."""
    if not learnt.gmm.mixture.is_file():
        return None
    config = check(learnt.read_config())
    labels = part.labels
    category = labels if are_classes(labels) else None
    gmm = build_gmm(config, category, "recog", learnt=learnt.gmm.path, folder=folder.path)
    codes = Observation(z_mean, name="vae")
    gmm.connect(codes)
    gmm.use_folder(folder.gmm)
    gmm.update()
    if category is not None:
        folder.gmm.write_figure("confusion_recog", plots.confusion(gmm.classes, category))
    return gmm
