"""A rehearsal before training: one update of every module on a few rows, so that errors are raised at once."""

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
# Errors that a module raises for arrays of a wrong shape if it does not check them.
MISFITS = (ValueError, TypeError, IndexError, KeyError)


def rehearse(graph: Graph, inputs: Inputs, seed: int) -> None:
    """Let copies of all modules send and receive messages for `ROWS` rows, or more for many classes.

    Draws the rows from `seed`. VAEs get their models, untrained; nothing else of the modules changes, and nothing
    is written.

    Raises:
        InputError: When a module cannot use what it observes or receives; the text names the module.
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
                        raise InputError("it has no forward message, but other modules observe it")
            except MISFITS as error:
                text = str(error) if isinstance(error, InputError) else in_short(error)
                raise InputError(f"network.modules.{module.name} does not fit the network: {text}") from error


def twin_of(module: Module, twins: dict[Module, Module]) -> Any:
    """A copy of a module, connected with the copies of the modules that it observes."""
    twin = copy.copy(module)
    twin.observed = [twins[one] for one in module.observed]
    twin.observers, twin._backward, twin._sent = [], {}, []
    if hasattr(twin, "itr"):
        twin.itr = 1  # one iteration is enough for messages
    return twin


def send_codes(vae: VAE, twin: Any) -> None:
    """Build the model of a VAE, and send the codes of its twin, untrained."""
    if all(isinstance(one, Observation) for one in vae.observed):
        vae.built(vae.rows(vae.get_observations()))  # this checks all rows of the data
    arrays = twin.get_observations()
    vae.model = twin.built(twin.rows(arrays))
    twin.model = vae.model
    messages = twin.infer(arrays)
    twin.z_var = messages.var
    twin.set_forward_msg(messages.forward)
    twin.send_backward_msgs(messages.backward)


def some(values: Any, rows: np.ndarray) -> Any:
    """The chosen rows; of stored values, which cannot be indexed so, as many from the start."""
    return values[: len(rows)] if isinstance(values, StoredRows) else values[rows]


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Suppress the modules' log lines about their updates."""
    logger = logging.getLogger("kvae.modules")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
