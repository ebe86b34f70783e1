"""`mode=recog`: latent codes and reconstructions of data with a learnt run, which stays as it is."""

import logging
import time
from dataclasses import asdict

import numpy as np

from kvae import plots
from kvae.data import Part
from kvae.data.stored import StoredRows
from kvae.metrics import are_classes, bits_per_dim, confusion
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.opened import Opened, choose_rows, open_learnt
from kvae.modes.own_metrics import Functions, measured
from kvae.modes.shards import Shard, check_shard, shard_of
from kvae.modes.write import measure, warn_if_large, write_results
from kvae.modules import GMM, Gaussian, Observation
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

log = logging.getLogger(__name__)


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Recognise with the learnt run that the config names or fits, and write the results to `folder`.

    Architecture, scaling and shape come from the learnt run. Never trains. `tracker` records the run.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    check_shard(config.mode)
    functions = config.metric.functions()
    learnt = open_learnt(config)
    log.info("recognising with %s", learnt.folder.path)
    chosen = choose_rows(config, learnt)
    shard = shard_of(config.mode, len(chosen.part))
    part = shard.rows_of(chosen.part)
    stored = ", streamed" if isinstance(part.x, StoredRows) else ""
    rows = f"{len(part):,}" if shard.of == 1 else f"rows {shard.start:,} to {shard.stop:,} of {shard.n:,}"
    log.info("data %s: %s observations (%s)%s", config.data.name, rows, chosen.which, stored)
    warn_if_large(part, learnt.vae, folder)
    messages = shard.messages_of(chosen.messages)
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path), "shard": asdict(shard)})
    folder.beside = part.beside
    metrics = recognise(learnt, part, folder, config, messages, shard, functions)
    finish_run(folder, metrics)
    return metrics, folder


def recognise(
    learnt: Opened,
    part: Part,
    folder: RunFolder,
    config: Config,
    messages: Gaussian | None,
    shard: Shard,
    functions: Functions,
) -> dict[str, float]:
    """Write the results of the VAE, and of the mixture if one was learnt with it, and measure them."""
    began = time.perf_counter()
    vae, spec, keep = learnt.vae, learnt.spec, learnt.has_mixture
    seed = None if vae.seed is None else shard.seed(vae.seed)
    mode = config.mode
    written = write_results(vae, part, spec, folder.vae, "recog", mode.latent, keep, mode.x_hat, seed)
    gmm = None if written.z_mean is None else recognise_classes(written.z_mean, part, learnt, folder)
    if gmm is not None and gmm.category is not None and shard.of > 1:
        counts, classes, labels = confusion(gmm.classes, gmm.category)
        folder.gmm.write_arrays(folder.gmm.counts, counts=counts, classes=classes, labels=labels.astype(str))
    seconds = time.perf_counter() - began
    sent = messages if gmm is None else gmm.sent
    prior = None if sent is None else sent.as_prior()
    metrics = measure(vae, part, prior)
    metrics |= {
        "active_units": written.active_units,
        "bits_per_dim": bits_per_dim(metrics["reconstruction"], metrics["kl"], spec.shape),
        **({} if gmm is None else gmm.measure()),
        **measured(functions, vae, part, spec, prior),
    }
    return metrics | speed(seconds, len(part))


def recognise_classes(z_mean: np.ndarray, part: Part, learnt: Opened, folder: RunFolder) -> GMM | None:
    """The learnt mixture after it inferred the classes of codes `(n, latent_dim)` and wrote them; None without."""
    if not learnt.has_mixture:
        return None
    category = part.labels if are_classes(part.labels) else None
    gmm = learnt.mixture(category)
    codes = Observation(z_mean, name="vae")
    gmm.connect(codes)
    gmm.use_folder(folder.gmm)
    gmm.update()
    if category is not None:
        folder.gmm.write_figure("confusion_recog", plots.confusion, gmm.classes, category)
    return gmm
