"""`mode=recog` of a network: every learnt module infers its result for data."""

import logging
import time
from collections.abc import Mapping

from kvae.data.checks import check_support
from kvae.data.stored import Rows
from kvae.errors import InputError
from kvae.metrics import bits_per_dim
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.networks.build import load_inputs
from kvae.modes.networks.files import draw_network
from kvae.modes.networks.opening import OpenedNetwork, open_network
from kvae.modes.own_metrics import measured
from kvae.modules import VAE, Module
from kvae.modules.graph.graph import prior_of
from kvae.modules.graph.inputs import Inputs, check_order
from kvae.modules.graph.vaes import part_for, spec_of, stands_on_one, view_of
from kvae.modules.hooks import Messages
from kvae.modules.missing_rows import only_known
from kvae.modules.network import named
from kvae.modules.vae_losses import Losses
from kvae.modules.vae_results import write_results
from kvae.options.schema import Config
from kvae.runs import RunFolder, differences
from kvae.tracking import NoTracker, Tracker

log = logging.getLogger(__name__)

Row = dict[str, float]


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[Row, RunFolder]:
    """Recognise with the learnt network that the config names or fits; as `kvae.modes.recog.run`.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    if config.mode.shard is not None:
        raise InputError(
            f"mode.shard is for a run of one VAE, and network={config.network.name} has several modules. "
            f"Received: {config.mode.shard}. Leave mode.shard and mode.n_shards out"
        )
    learnt = open_network(config)
    log.info("recognising with %s", learnt.folder.path)
    whole = load_inputs(config, specs=learnt.specs)
    inputs = whole.without(missing_in(config))
    which = config.mode.split or default_split(config, learnt, inputs)
    part = inputs.part(which)
    log.info("network %s: %s observations (%s)", config.network.name, f"{len(part):,}", which)
    graph = learnt.graph(inputs, which)
    for module in graph.above:
        check_order(module, inputs)
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    folder.beside = part.beside
    draw_network(config.network, folder)
    graph.use(folder)
    began = time.perf_counter()
    sent = graph.infer_rows(inputs, which)
    metrics: Row = {}
    for module in graph.above:
        if isinstance(module, VAE):
            truth = whole.x(which)[module.observed[0].name] if stands_on_one(module) else None
            found = recognise_vae(module, inputs, which, sent, config, truth)
            if "loss" in found:
                metrics["loss"] = metrics.get("loss", 0.0) + found["loss"]
        else:
            found = recognise(module, inputs, which, sent)
        metrics |= named(module, found)
    metrics |= speed(time.perf_counter() - began, len(part))
    finish_run(folder, metrics)
    return metrics, folder


def missing_in(config: Config) -> list[str]:
    """The observations that are treated as missing.

    Raises:
        InputError: For names that the network does not have, and when all are named.
    """
    names = listed(config.mode.missing)
    there = [node.name for node in config.network.nodes.values() if node.is_observation]
    for name in names:
        if name not in there:
            raise InputError(
                f"mode.missing must name observations of network={config.network.name}: {', '.join(there)}. "
                f"Received: {name}"
            )
    if set(names) == set(there):
        raise InputError(
            f"mode.missing must leave one observation of network={config.network.name}. Received: all of "
            f"{', '.join(there)}"
        )
    return names


def listed(names: str | list[str] | None) -> list[str]:
    """Names of observations as they are typed: one, several or none."""
    return [names] if isinstance(names, str) else list(names or [])


def default_split(config: Config, learnt: OpenedNetwork, inputs: Inputs) -> str:
    """The held-out rows of the data that was learnt; all rows of other data, or when none are held out."""
    same = not differences(config.plain, learnt.folder.read_config(), ["data", "network.modules"])
    return "test" if same and inputs.has_test else "all"


def recognise(module: Module, inputs: Inputs, which: str, sent: Mapping[Module, Messages]) -> Row:
    """Write, draw and measure what a module infers for rows."""
    module.know(inputs.part(which).labels)
    module.take(sent[module])
    module.write()
    module.draw(view_of(module, inputs, which))
    return module.measure()


def recognise_vae(
    vae: VAE, inputs: Inputs, which: str, sent: Mapping[Module, Messages], config: Config, truth: Rows | None
) -> Row:
    """Write, draw and measure codes and reconstructions of rows; `truth` has those that are treated as missing."""
    model, spec, part = vae.model, spec_of(vae, inputs), part_for(vae, inputs, which, sent)
    assert model is not None
    check_support(part.x, model.likelihood.support, config.data, spec.scaling)
    mode, message = config.mode, prior_of(vae, sent)
    losses = Losses(model, part, message)
    written = write_results(
        model, part, spec, vae.folder, "recog", mode.latent, False, mode.x_hat, vae.seed, message, truth, losses
    )
    metrics = losses.results()
    if not metrics:  # no row is known
        return {}
    bits = bits_per_dim(metrics["reconstruction"], metrics["kl"], spec.shape)
    metrics |= {"active_units": written.active_units, "bits_per_dim": bits}
    known, own = only_known(model, part, message)
    return metrics | measured(config.metric.functions(), model, known, spec, own)
