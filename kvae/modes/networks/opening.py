"""Opens the learnt run of a network that a config names or fits, to infer with it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kvae import modules
from kvae.data import InputSpec
from kvae.errors import InputError
from kvae.modes.build import import_networks
from kvae.modes.networks.files import read_specs
from kvae.modules import Observation
from kvae.modules.graph.graph import Graph
from kvae.modules.graph.inputs import Inputs
from kvae.modules.model_file import load_vae
from kvae.modules.module import Module
from kvae.modules.nodes import build
from kvae.options.schema import Config, check
from kvae.runs import RunFolder, differences, find_learnt_run, input_of, network_of, select


@dataclass(frozen=True)
class OpenedNetwork:
    """A learnt run of a network.

    Attributes:
        folder: Where it is.
        config: The config, which fits it.
        specs: The specs of its observations, by name.
    """

    folder: RunFolder
    config: Config
    specs: dict[str, InputSpec]

    def graph(self, inputs: Inputs, which: str) -> Graph:
        """Its modules, which only infer, with the rows `train`, `test` or `all` of data as observations.

        Raises:
            InputError: When the file of one is missing or damaged.
        """
        x, number = inputs.x(which), 0
        made: dict[str, Module] = {}
        seeds = iter(range(self.config.run.seed, 2**32))
        for name, node in self.config.network.nodes.items():
            if node.is_observation:
                made[name] = Observation(x[name], name=name, gaps=self.specs[name].table is not None)
                continue
            number += 1
            if node.is_vae:
                model = load_vae(self.folder.module(number, name).model)
                made[name] = modules.VAE(model.latent_dim, name=name, mode="recog", model=model, seed=next(seeds))
            else:
                made[name] = build(name, node.options, self.config.run.seed, node.key)
            made[name].connect(*[made[one] for one in node.observed])
        graph = Graph(list(made.values()), self.folder)
        graph.load()
        return graph


def open_network(config: Config) -> OpenedNetwork:
    """Open the run that `mode.run` names, or the newest that fits the config.

    Raises:
        InputError: When there is none, or its files are damaged.
    """
    folder = learnt_run(config)
    for node in config.network.nodes.values():
        if node.is_vae:
            import_networks(node.sections["model"])
    specs = read_specs(config.network, folder)
    for name, node in config.network.nodes.items():
        if node.is_observation and name not in specs:
            raise InputError(f"{input_of(folder, name)} is missing: the run was not learnt to its end")
    return OpenedNetwork(folder, config, specs)


def learnt_run(config: Config) -> RunFolder:
    """The run that `mode.run` names, or the newest that fits."""
    if config.mode.run is None:
        return find_learnt_run(
            what_fits(config), config.run.outputs, read=lambda run: what_fits(check(run.read_config()))
        )
    learnt = RunFolder(config.mode.run)
    if not (learnt.finished and network_of(learnt)):
        raise InputError(
            f"mode.run={config.mode.run} is no finished learnt run of a network (looked in {Path.cwd()})"
        )
    differs = differences(what_fits(config), what_fits(check(learnt.read_config())), ["network"])
    if differs:
        raise InputError(
            f"mode.run={config.mode.run} learnt another network; it differs in {', '.join(differs)}. "
            "Type the keys that it was learnt with"
        )
    return learnt


def what_fits(config: Config) -> dict[str, Any]:
    """What a learnt run must have in common with a config that uses it: name, modules, and models of VAEs."""
    described: dict[str, Any] = {}
    for name, node in config.network.nodes.items():
        if node.is_observation:
            described[name] = {"module": "observation"}
        elif node.is_vae:
            described[name] = {"observes": node.observed, **node.plain["model"]}
        elif hasattr(node.options, "_target_"):
            described[name] = config.network.modules[name]
        else:
            described[name] = asdict(node.options)
    return {
        "name": config.run.name,
        "network": {"name": config.network.name, "modules": described},
        "data": {"path": select(config.plain, "data.path")},
    }
