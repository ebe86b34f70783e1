"""The VAEs of a network: what they observe, the rows that they learn from, and what pictures need of them."""

from collections.abc import Mapping, Sequence

from kvae.data import Data, InputSpec, Part, Scaling
from kvae.modules.graph.inputs import Inputs
from kvae.modules.hooks import Messages, View
from kvae.modules.module import Module
from kvae.modules.observation import Observation
from kvae.modules.table_rows import TableRows
from kvae.modules.vae import VAE


def stands_on_data(vae: VAE) -> bool:
    """Whether a VAE observes data only, and no other modules."""
    return all(isinstance(one, Observation) for one in vae.observed)


def stands_on_one(vae: VAE) -> bool:
    """Whether a VAE observes a single observation, and nothing else."""
    return stands_on_data(vae) and len(vae.observed) == 1


def is_heard(vae: VAE) -> bool:
    """Whether the reconstructions of a VAE are used by a module that it observes; data does not use them."""
    return not stands_on_data(vae)


def spec_of(vae: VAE, inputs: Inputs) -> InputSpec:
    """What a VAE expects of its rows: the spec of a single observation; for other modules, unscaled numbers."""
    if stands_on_one(vae):
        return inputs.parts[vae.observed[0].name].spec
    assert vae.model is not None
    return InputSpec(vae.model.data_shape, Scaling("none"), "none")


def part_for(vae: VAE, inputs: Inputs, which: str, sent: Mapping[Module, Messages]) -> Part:
    """The rows `train`, `test` or `all` as a VAE observes them; `sent` are the modules' messages for them."""
    part = inputs.part(which)
    if stands_on_one(vae):
        data = inputs.of(vae.observed[0].name)
        return (
            data.everything
            if which == "all"
            else data.train
            if which == "train" or data.test is None
            else data.test
        )
    x = inputs.x(which)
    rows = vae.rows([sent[one].forward if one in sent else x[one.name] for one in vae.observed])
    return Part(rows, part.labels, part.numbers, part.ids, part.id_name)


def data_of(vae: VAE, inputs: Inputs, sent: Mapping[Module, Messages]) -> Data:
    """The learning and held-out rows of a VAE; `sent` are the modules' messages for the held-out rows."""
    if stands_on_one(vae):
        return inputs.of(vae.observed[0].name)
    train = Part(vae.rows(vae.get_observations()), inputs.data.train.labels)
    test = part_for(vae, inputs, "test", sent) if inputs.has_test else None
    return Data(train, test, spec_of(vae, inputs))


def view_of(
    module: Module,
    inputs: Inputs,
    which: str = "train",
    rounds: Sequence[dict[str, float]] = (),
) -> View:
    """What a module gets for its pictures of the rows `train`, `test` or `all`.

    It can decode only if the module observes one VAE and nothing else.
    """
    labels, below = inputs.part(which).labels, module.observed[0]
    if not (len(module.observed) == 1 and isinstance(below, VAE)):
        return View(None, None, labels, list(rounds))
    spec, model = spec_of(below, inputs), below.model
    table = None if spec.table is None else TableRows.of(part_for(below, inputs, which, {}).x, spec.table)
    if model is None or model.likelihood.given:  # a conditional model cannot decode codes alone
        return View(None, spec.axis, labels, list(rounds), table)
    return View(lambda z: spec.scaling.invert(model.decode(z)), spec.axis, labels, list(rounds), table)
