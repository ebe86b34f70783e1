"""What a run of a network keeps besides its modules: what its observations are, and its picture."""

from collections.abc import Mapping

from kvae import plots
from kvae.data import InputSpec
from kvae.modules.graph.options import NetworkConfig
from kvae.modules.graph.training import GraphTraining
from kvae.modules.graph.vaes import spec_of
from kvae.runs import RunFolder, input_of
from kvae.runs.files import write_json
from kvae.runs.plain import is_plain
from kvae.uses.opened import read_spec_in


def write_specs(training: GraphTraining, folder: RunFolder) -> None:
    """Write what every observation is, and beside each model what it expects."""
    for name, data in training.inputs.parts.items():
        write_json(input_of(folder, name), data.spec.to_json())
    for vae in training.graph.vaes:
        write_json(vae.folder.input_spec, spec_of(vae, training.inputs).to_json())


def read_specs(network: NetworkConfig, folder: RunFolder) -> dict[str, InputSpec]:
    """What `write_specs` wrote of the observations; without those that it came not to.

    Raises:
        InputError: When a file is damaged.
    """
    paths = {name: input_of(folder, name) for name, node in network.nodes.items() if node.is_observation}
    return {name: read_spec_in(path) for name, path in paths.items() if is_plain(path)}


def draw_network(network: NetworkConfig, folder: RunFolder) -> None:
    """Draw what observes what."""
    kinds: Mapping[str, str] = {name: kind_of(node) for name, node in network.nodes.items()}
    observed = {name: node.observed for name, node in network.nodes.items()}
    folder.write_figure("network", plots.network, kinds, observed)


def kind_of(node: object) -> str:
    """What a node is, in a word."""
    options = getattr(node, "options", None)
    return getattr(options, "module", "") or str(getattr(options, "_target_", "")).rpartition(".")[2]
