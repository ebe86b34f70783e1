"""`mode=recog`: latent codes and reconstructions of data with a learnt run, which stays as it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from kvae.data import Part
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.metrics import bits_per_dim
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import ShardsConfig
from kvae.modes.shards import Shard, check_shard, shard_of
from kvae.modules import Gaussian
from kvae.options.rules import FLAG, NULL, Name, list_of, one_of, text
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.modes.own_metrics import Functions
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

# Names of the files that it may write to folders of modules.
RESULTS = (
    r"(z|x_hat|class|Pdz|mu|acc)_recog\.(txt|npy|csv)|clusters_recog\.csv|counts_recog\.npz|"
    r"(latent|reconstructions|table_reconstructions|calibration_numbers|calibration_categories|confusion|"
    r"cluster_\d+)_recog\.png"
)


@dataclass(frozen=True, kw_only=True)
class Options(ShardsConfig):
    """The keys of `mode=recog`."""

    name: Name = "recog"
    latent: Annotated[str, one_of("mean", "sample")] = "mean"
    x_hat: Annotated[bool, FLAG] = True
    missing: Annotated[str | list | None, text("speech") | list_of(text("speech"), "[speech]") | NULL] = None

    takes_metrics: ClassVar[bool] = True
    takes_networks: ClassVar[bool] = True
    needs_messages: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Recognise with the learnt run that the config names or fits, and write the results to `folder`.

    Architecture, scaling and shape come from the learnt run. Never trains. `tracker` records the run.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    if config.network.nodes:
        from kvae.modes.networks import recog

        return recog.run(config, folder, tracker)
    from kvae.modes.beginning import begun
    from kvae.modes.opening import choose_rows, open_learnt
    from kvae.modules.vae_results import warn_if_large

    if config.mode.missing is not None:
        raise InputError(
            "mode.missing names observations of a network of modules, network=..., which the others predict. "
            f"Received: {config.mode.missing}"
        )
    check_shard(config.mode.shard, config.mode.n_shards)
    functions = config.metric.functions()
    learnt = open_learnt(config)
    log.info("recognising with %s", learnt.folder.path)
    chosen = choose_rows(config, learnt, in_passing=True)
    shard = shard_of(config.mode.shard, config.mode.n_shards, len(chosen.part))
    part = shard.rows_of(chosen.part)
    stored = ", streamed" if isinstance(part.x, StoredRows) else ""
    log.info("data %s: %s observations (%s)%s", config.data.name, shard.words, chosen.which, stored)
    if config.mode.x_hat:
        warn_if_large(part, learnt.spec, folder)
    messages = shard.messages_of(chosen.messages)
    folder.beside = part.beside

    def begin() -> None:
        (tracker or NoTracker()).begin(folder)
        folder.reopen(RESULTS)
        folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path), "shard": asdict(shard)})

    with begun(folder, begin, chosen.unseen) as seen:
        metrics = recognise(learnt, part, folder, config, messages, shard, functions, seen)
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
    seen: Callable[[], None],
) -> dict[str, float]:
    """Write the results of every module, and measure them; calls `seen` before it writes the first file."""
    from kvae.modes.own_metrics import measured
    from kvae.modules.by_column import measure_columns
    from kvae.modules.vae_losses import Losses, measure
    from kvae.modules.vae_results import write_results

    began = time.perf_counter()
    vae, spec, network, mode = learnt.vae, learnt.spec, learnt.network, config.mode
    network.use(folder)
    seed = None if vae.seed is None else shard.seed(vae.seed)
    keep = bool(network.learning)
    # Where modules above the VAE learnt, the message of a row may depend on the codes of all rows.
    losses = None if keep else Losses(vae, part, messages)
    written = write_results(
        vae, part, spec, folder.vae, "recog", mode.latent, keep, mode.x_hat, seed, losses=losses, seen=seen
    )
    if keep and written.z_mean is not None:
        whole = shard.of == 1
        x = part.x if whole else None
        messages = network.recognise(written.z_mean, part.labels, spec, messages, not whole, x)
    seconds = time.perf_counter() - began - (0.0 if losses is None else losses.seconds)
    metrics = measure(vae, part, messages) if losses is None else losses.results()
    metrics |= {
        "active_units": written.active_units,
        "bits_per_dim": bits_per_dim(metrics["reconstruction"], metrics["kl"], spec.shape),
    }
    metrics |= network.measure(metrics)
    if spec.table is not None:
        metrics |= measure_columns(vae, part, spec.table.columns, folder.vae, "recog")
    metrics |= measured(functions, vae, part, spec, messages)
    return metrics | speed(seconds, len(part))
