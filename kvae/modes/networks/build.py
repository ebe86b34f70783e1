"""From a checked config to a network of any modules that is ready to learn, or to infer."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import partial

from kvae import modules
from kvae.data import InputSpec, load_data
from kvae.data.modality import Modality
from kvae.errors import InputError
from kvae.modes.build import build_vae
from kvae.modes.build_network import build_module
from kvae.modes.compatibility import check_data
from kvae.modules import Module, Observation
from kvae.modules.graph.graph import Graph
from kvae.modules.graph.inputs import Inputs, together
from kvae.modules.graph.options import Node
from kvae.modules.graph.training import GraphTraining
from kvae.modules.graph.vaes import part_for, stands_on_data
from kvae.modules.nodes import build
from kvae.modules.round_plan import RoundPlan
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.schedules import Schedule
from kvae.tracking import NoTracker, Tracker


def load_inputs(
    config: Config, specs: Mapping[str, InputSpec] | None = None, begun: Mapping[str, InputSpec] | None = None
) -> Inputs:
    """The data of all observations.

    Args:
        config: The config.
        specs: What a learnt run expects of its observations, by name.
        begun: The same of the run that is resumed.

    Raises:
        InputError: For anything wrong with the data.
    """
    parts = {}
    for name, node in config.network.nodes.items():
        if node.is_observation:
            data = node.sections["data"]
            if data.name == "file" and data.path is None:
                raise InputError(
                    f"network={config.network.name} needs data.path, the file with the data of {name}. Type, for "
                    "example, data.path=serket_tutorial.npz"
                )
            known = None if specs is None else specs.get(name), None if begun is None else begun.get(name)
            modality = modality_of(node)
            try:
                parts[name] = load_data(data, config.run.seed, *known, modality=modality)
            except InputError as error:
                raise type(error)(in_keys_of(node, config.network.modules[name], str(error))) from error
    return together(parts)


def in_keys_of(node: Node, own: Iterable[str], text: str) -> str:
    """The text of an error with the keys that a node sets itself, `own`, in place of those of the group data."""
    for key in own:
        text = text.replace(f"data.{key}=", f"{node.key}.{key}=")
    return text


def modality_of(node: Node) -> Modality:
    """Which rows have data of an observation, and how its images are rotated and cropped."""
    names = [field.name for field in fields(Modality) if field.name != "key"]
    return Modality(f"{node.key}.", **{name: getattr(node.options, name) for name in names})


def config_of(config: Config, node: Node, place: int) -> Config:
    """The config of one VAE of a network: the run's, with the keys of its node; `place` is its index, from 0."""
    run = replace(config.run, seed=config.run.seed + place)
    below = config.network.nodes[node.observed[0]]  # errors about the data name its keys
    sections = {**({"data": below.sections["data"]} if below.is_observation else {}), **node.sections}
    return replace(config, run=run, plain=config.plain | dict(node.plain), **sections)


def build_training(
    config: Config, inputs: Inputs, folder: RunFolder, schedule: Schedule, tracker: Tracker | None = None
) -> GraphTraining:
    """The network of a config with its learning rows, and its training.

    Raises:
        InputError: When something does not fit; nothing was trained.
    """
    tracker = tracker or NoTracker()
    check_training(config, inputs)
    made: dict[str, Module] = {}
    plans: dict[Module, RoundPlan] = {}
    for name, node in config.network.nodes.items():
        observed = [made[one] for one in node.observed]
        if node.is_observation:
            part, is_table = inputs.parts[name].train, inputs.parts[name].spec.table is not None
            made[name] = Observation(part.x, name=name, folder=folder.path, gaps=is_table)
            continue
        if node.is_vae:
            plan = RoundPlan(node.sections["train"].itr, config.network.rounds)
            own = config_of(config, node, len(plans))
            made[name] = module = vae_of(own, name, plan, observed, inputs, schedule, tracker)
            plans[module] = plan
        else:
            made[name] = build(name, node.options, config.run.seed, node.key)
            made[name].connect(*observed)
    graph = Graph(list(made.values()), folder)
    training = GraphTraining(graph, inputs, plans, config.network.rounds, folder, tracker.log)
    training.begin(config.run.seed)
    return training


def vae_of(
    config: Config,
    name: str,
    plan: RoundPlan,
    observed: list[Module],
    inputs: Inputs,
    schedule: Schedule,
    tracker: Tracker,
) -> modules.VAE:
    """A connected VAE of a network; its model is built now if it observes data, else when its shape is known."""
    data = inputs.parts[observed[0].name] if len(observed) == 1 and isinstance(observed[0], Observation) else None

    def track(iteration: int, row: dict[str, float]) -> None:
        tracker.log(iteration, row, name)

    if data is None:
        vae = build_module(config, None, plan, None, "none", schedule, 2, track, name, partial(build_vae, config))
    else:
        model = build_vae(config, data.spec)
        check_data(config, data, model.likelihood.support, [])
        vae = build_module(config, model, plan, None, data.spec.binarize, schedule, 2, track, name)
    vae.connect(*observed)
    if stands_on_data(vae) and inputs.has_test:
        vae.training_options["x_test"] = part_for(vae, inputs, "test", {}).x
    return vae


def check_training(config: Config, inputs: Inputs) -> None:
    """Raise InputError for keys of training that do not go with a network."""
    if config.train.strategy is not None:
        raise InputError(
            f"train.strategy={config.train.strategy} trains one VAE, and network={config.network.name} may have "
            "more. Type train.strategy=null"
        )
    for node in config.network.nodes.values():
        if node.is_vae and node.sections["train"].patience is not None:
            raise InputError(
                f"train.patience does not go with network={config.network.name}, whose messages move val_loss. "
                f"Received: {node.sections['train'].patience} of {node.name}. Set train.patience=null"
            )
