"""What a run of a network writes besides its modules: the specs of its observations, and its picture."""

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
    """Write the spec of every observation, and beside each model the spec of its input."""
    for name, data in training.inputs.parts.items():
        write_json(input_of(folder, name), data.spec.to_json())
    for vae in training.graph.vaes:
        write_json(vae.folder.input_spec, spec_of(vae, training.inputs).to_json())


def read_specs(network: NetworkConfig, folder: RunFolder) -> dict[str, InputSpec]:
    """The specs of the observations that `write_specs` wrote; those without a file are left out.

    Raises:
        InputError: When a file is damaged.
    """
    paths = {name: input_of(folder, name) for name, node in network.nodes.items() if node.is_observation}
    return {name: read_spec_in(path) for name, path in paths.items() if is_plain(path)}


def draw_network(network: NetworkConfig, folder: RunFolder) -> None:
    """Draw which module observes which."""
    kinds: Mapping[str, str] = {name: kind_of(node) for name, node in network.nodes.items()}
    observed = {name: node.observed for name, node in network.nodes.items()}
    folder.write_figure("network", plots.network, kinds, observed)


def kind_of(node: object) -> str:
    """The kind of a node, for the picture."""
    options = getattr(node, "options", None)
    return getattr(options, "module", "") or str(getattr(options, "_target_", "")).rpartition(".")[2]
