"""The losses of rows under a learnt VAE, measured in a separate pass or in a pass that is made anyway."""

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
    """The losses of the known rows with a message as prior, in nats per observation; empty if all are missing."""
    part, message = only_known(vae, part, message)
    if len(part) == 0:
        return {}
    prior = None if message is None else message.as_prior()
    batches = evaluation_batches(part.x, prior=prior, padding=vae.padding)
    # `vae.evaluate` would check every batch and compile another function; these batches need no check.
    return losses(Trainer.evaluate(vae, batches, verbose=0, return_dict=True))


class Losses:
    """The results of `measure`, from rows that another task already reads piece by piece.

    Stored rows are so read once only. Rows in memory are measured in `results`, in a pass of their own.

    Args:
        vae: The model.
        part: The rows.
        message: The message for the rows, if it is known before they are read.

    Attributes:
        seconds: Time that measuring has taken in `add`.
    """

    def __init__(self, vae: models.VAE, part: Part, message: Gaussian | None = None) -> None:
        self.vae, self.part, self.message = vae, part, message
        once = isinstance(part.x, StoredRows) and vae.strategy is None
        self.evaluation = Evaluation(vae, len(part)) if once else None
        self.seconds = 0.0

    @property
    def prior(self) -> dict[str, np.ndarray]:
        """The message as inputs of the model, `prior_mu` and `prior_cov`; empty for N(0, I)."""
        return {} if self.message is None else self.message.as_prior()

    def add(self, start: int, x: np.ndarray, message: Gaussian | None = None) -> None:
        """Add the next rows `x`, which begin with row `start`, and the message for them, if any."""
        if self.evaluation is None:
            return
        began = time.perf_counter()
        if self.message is not None:
            message = self.message.rows(slice(start, start + len(x)))
        self.evaluation.add({"x": x} if message is None else {"x": x, **message.as_prior()})
        self.seconds += time.perf_counter() - began

    def results(self, message: Gaussian | None = None) -> dict[str, float]:
        """The losses, after all rows were added; `message` is that of all rows, if it was not known before."""
        if self.evaluation is None:
            return measure(self.vae, self.part, message if self.message is None else self.message)
        return losses(self.evaluation.results())
