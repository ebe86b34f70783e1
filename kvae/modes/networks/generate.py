"""`mode=generate` of a network: predicts one observation from others, such as images from sounds."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from kvae import plots
from kvae.data import InputSpec, Scaling
from kvae.errors import InputError
from kvae.metrics.work import generated, speed
from kvae.modes.finish import finish_run
from kvae.modes.networks.build import load_inputs
from kvae.modes.networks.files import draw_network
from kvae.modes.networks.opening import open_network
from kvae.modes.networks.recog import default_split, listed
from kvae.modules import VAE, Module
from kvae.modules.graph.graph import Graph, prior_of
from kvae.modules.graph.inputs import Inputs, check_order
from kvae.modules.graph.vaes import spec_of
from kvae.modules.hooks import Messages
from kvae.modules.vae_results import x_hat_writer
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

log = logging.getLogger(__name__)

# Keys that are about a single VAE.
OF_ONE_VAE = ("sampler", "draw", "where", "prior_mu", "n_components", "index")


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Predict the observation `mode.target` of rows of which only `mode.source` is known; draws nothing.

    Messages go up from the sources and come down to the module that observes the target. Writes its predictions
    `x_generate` in the data's own units and, if it is a VAE, their codes `z_generate`.

    Raises:
        InputError: When no learnt run fits, the data does not fit it, or the keys name no observations.
    """
    sources, target = names_of(config)
    began = time.perf_counter()
    learnt = open_network(config)
    log.info("generating with %s", learnt.folder.path)
    whole = load_inputs(config, specs=learnt.specs)
    inputs = whole.without(name for name in whole.parts if name not in sources)
    which = config.mode.split or default_split(config, learnt, inputs)
    graph = learnt.graph(inputs, which)
    for module in graph.above:
        check_order(module, inputs)
    module = observer_of(graph, target)
    part = inputs.part(which)
    rows = slice(0, config.mode.n or len(part))
    part = part.of(rows)
    log.info("%s from %s: %s rows (%s)", target, " and ".join(sources), f"{len(part):,}", which)
    sent = graph.infer_rows(inputs, which)
    x, z, spec = predicted(graph, module, target, sent, whole)
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    folder.beside = part.beside
    draw_network(config.network, folder)
    graph.use(folder)
    x = x[rows]
    if z is not None:
        module.folder.write_rows("z_generate", z[rows])
    with x_hat_writer("x_generate", len(x), spec, module.folder) as write:
        write(np.asarray(x, np.float32))
    draw(module, x, whole.x(which)[target][rows], part.names_of(np.arange(len(part))), spec)
    metrics = generated(len(x)) | speed(time.perf_counter() - began, len(x))
    finish_run(folder, metrics)
    return metrics, folder


def predicted(
    graph: Graph, module: Module, target: str, sent: Mapping[Module, Messages], inputs: Inputs
) -> tuple[np.ndarray, np.ndarray | None, InputSpec]:
    """The predictions of `module` for the observation `target`, their codes (of a VAE), and their spec."""
    own = [observed is graph.named(target) for observed in module.observed].index(True)
    x, spec = np.asarray(sent[module].backward[own]), inputs.parts[target].spec
    if not isinstance(module, VAE):
        return x, None, InputSpec(x.shape[1:], Scaling("none"), "none", spec.columns)
    prior = prior_of(module, sent)
    if prior is None:
        raise InputError(f"mode.target={target}: no module above {module.name} sends it a message")
    return x, prior.mean, spec_of(module, inputs)


def draw(module: Module, x: np.ndarray, truth: Any, names: list[Any], spec: Any) -> None:
    """Draw evenly spread predictions and, where all of them are known, the true rows."""
    if spec.table is not None:
        return
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), plots.COLUMNS)).astype(int))
    known = isinstance(module, VAE) and bool(np.isfinite(truth[rows]).all())
    real = spec.scaling.invert(np.asarray(truth[rows], np.float32)) if known else None
    shown = spec.scaling.invert(x[rows]), [names[row] for row in rows], real, spec.axis
    module.folder.write_figure("predictions_generate", plots.predictions, *shown)


def names_of(config: Config) -> tuple[list[str], str]:
    """The observations that are known, and the one that is to be predicted.

    Raises:
        InputError: For others than the network has, the same twice, and keys of a single VAE.
    """
    mode, network = config.mode, config.network
    there = [node.name for node in network.nodes.values() if node.is_observation]
    example = f"mode.source=[{there[-1]}] mode.target={there[0]}"
    allowed = f"observations of network={network.name}: {', '.join(there)}"
    for key in OF_ONE_VAE:
        if getattr(mode, key) is not None:
            raise InputError(
                f"mode.{key} is for a run of one VAE. Received: {getattr(mode, key)} with network={network.name}, "
                f"which generates one observation from others: type {example}"
            )
    for key in ("source", "target"):
        if getattr(mode, key) is None:
            raise InputError(
                f"mode.{key} is missing: network={network.name} generates one observation from others. "
                f"Type, for example, {example}"
            )
    sources = listed(mode.source)
    for key, names in {"source": sources, "target": [mode.target]}.items():
        for name in names:
            if name not in there:
                raise InputError(f"mode.{key} must name {allowed}. Received: {name}. Type, for example, {example}")
    if mode.target in sources:
        raise InputError(
            f"mode.target={mode.target} is one of mode.source, and so known. Type another of {allowed}"
        )
    return sources, mode.target


def observer_of(graph: Graph, target: str) -> Module:
    """The module that predicts the target: the first that observes it."""
    return graph.named(target).observers[0]
