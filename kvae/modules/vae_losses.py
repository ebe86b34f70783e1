"""The losses of rows under a learnt VAE, from a pass of their own or from one that is made anyway."""

import time

import numpy as np

from kvae import model as models
from kvae.data import Part
from kvae.data.batches import evaluation_batches
from kvae.data.stored import StoredRows
from kvae.metrics.losses import losses
from kvae.modules.message import Gaussian
from kvae.modules.missing_rows import only_known
from kvae.training.fit import Trainer
from kvae.training.in_pieces import Evaluation


def measure(vae: models.VAE, part: Part, message: Gaussian | None = None) -> dict[str, float]:
    """The losses of the rows that are known under a message, in nats per observation; nothing where none is."""
    part, message = only_known(vae, part, message)
    if len(part) == 0:
        return {}
    prior = None if message is None else message.as_prior()
    batches = evaluation_batches(part.x, prior=prior, padding=vae.padding)
    # Not `vae.evaluate`, which looks at every batch first, and compiles anew for it: these are kvae's own.
    return losses(Trainer.evaluate(vae, batches, verbose=0, return_dict=True))


class Losses:
    """What `measure` gives of rows that pass piece by piece for other reasons: streamed ones are not read again.

    Args:
        vae: The model.
        part: The rows.
        message: Theirs, where it is known before they pass.

    Attributes:
        seconds: What measuring has taken while rows passed.
    """

    def __init__(self, vae: models.VAE, part: Part, message: Gaussian | None = None) -> None:
        self.vae, self.part, self.message = vae, part, message
        once = isinstance(part.x, StoredRows) and vae.strategy is None
        self.evaluation = Evaluation(vae, len(part)) if once else None
        self.seconds = 0.0

    @property
    def prior(self) -> dict[str, np.ndarray]:
        """What the model takes beside the rows: their message; empty for N(0, I)."""
        return {} if self.message is None else self.message.as_prior()

    def add(self, start: int, x: np.ndarray, message: Gaussian | None = None) -> None:
        """Take the next rows into account, which begin with row `start`, and their own message, if any."""
        if self.evaluation is None:
            return
        began = time.perf_counter()
        if self.message is not None:
            message = self.message.rows(slice(start, start + len(x)))
        self.evaluation.add({"x": x} if message is None else {"x": x, **message.as_prior()})
        self.seconds += time.perf_counter() - began

    def results(self, message: Gaussian | None = None) -> dict[str, float]:
        """The losses, once all rows have passed; `message` is that of all, where it was not known before."""
        if self.evaluation is None:
            return measure(self.vae, self.part, message if self.message is None else self.message)
        return losses(self.evaluation.results())
