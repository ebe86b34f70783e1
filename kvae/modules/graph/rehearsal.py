"""One update of every module on a few rows before anything is trained: what does not fit is said at once."""

import contextlib
import copy
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from kvae.data.stored import StoredRows
from kvae.errors import InputError, in_short
from kvae.modules.graph.graph import Graph
from kvae.modules.graph.inputs import Inputs
from kvae.modules.module import Module
from kvae.modules.observation import Observation
from kvae.modules.vae import VAE

ROWS = 500
# What arrays that do not fit make of a module that does not look at them.
MISFITS = (ValueError, TypeError, IndexError, KeyError)


def rehearse(graph: Graph, inputs: Inputs, seed: int) -> None:
    """Let copies of all modules send and receive messages of `ROWS` rows; VAEs get their models, untrained.

    Draws the rows from `seed`. Nothing else of the modules is changed, and nothing is written.

    Raises:
        InputError: With the module that cannot use what it observes, or receives.
    """
    n = len(inputs.data.train)
    wanted = max(ROWS, 4 * max(getattr(module, "K", 0) for module in graph.above))
    rows = np.sort(np.random.default_rng(seed).permutation(n)[:wanted])
    labels = inputs.data.train.labels
    twins: dict[Module, Module] = {}
    with silence():
        for module in graph.modules:
            twins[module] = twin = twin_of(module, twins)
            if isinstance(module, Observation):
                twin.set_forward_msg(some(module.get_forward_msg(), rows))
                continue
            try:
                if isinstance(module, VAE):
                    send_codes(module, twin)
                else:
                    twin.know(None if labels is None else labels[rows])
                    twin.step()
                    if twin.get_forward_msg() is None and module.observers:
                        raise InputError("it sends nothing upwards, and is observed")
            except MISFITS as error:
                text = str(error) if isinstance(error, InputError) else in_short(error)
                raise InputError(f"network.modules.{module.name} does not fit the network: {text}") from error


def twin_of(module: Module, twins: dict[Module, Module]) -> Any:
    """A copy of a module that is connected with copies of those that it observes."""
    twin = copy.copy(module)
    twin.observed = [twins[one] for one in module.observed]
    twin.observers, twin._backward, twin._sent = [], {}, []
    if hasattr(twin, "itr"):
        twin.itr = 1  # enough to see what it sends
    return twin


def send_codes(vae: VAE, twin: Any) -> None:
    """Send the codes of a VAE that has learnt nothing yet."""
    if all(isinstance(one, Observation) for one in vae.observed):
        vae.built(vae.rows(vae.get_observations()))  # all rows are there, and are checked
    arrays = twin.get_observations()
    vae.model = twin.built(twin.rows(arrays))
    twin.model = vae.model
    messages = twin.infer(arrays)
    twin.z_var = messages.var
    twin.set_forward_msg(messages.forward)
    twin.send_backward_msgs(messages.backward)


def some(values: Any, rows: np.ndarray) -> Any:
    """Some rows; of stored ones, which cannot be picked, the first."""
    return values[: len(rows)] if isinstance(values, StoredRows) else values[rows]


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep what modules say of their updates out of the log."""
    logger = logging.getLogger("kvae.modules")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
