"""The state file of a chain: what it holds, its checks, and how it is loaded."""

from pathlib import Path

import numpy as np

from kvae.errors import InputError
from kvae.modules.hooks import unfit
from kvae.modules.markov.chain import Chain
from kvae.modules.markov.learning import Learnt
from kvae.modules.module import Module


class ChainFiles(Module):
    """The state of a chain, and how it is loaded.

    Attributes:
        learnt_chain: The learnt chain.
        below: The prior class probabilities of the module below, `(K,)`; None: they are equal.
        learnt: Folder of the module whose chain `recog` infers with; None: this module's own.
    """

    learnt_chain: Learnt | None
    below: np.ndarray | None
    learnt: str | Path | None

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that the next update and recognition need."""
        assert self.learnt_chain is not None
        chain = self.learnt_chain.chain
        arrays = super().state() | {
            "start": chain.start,
            "transitions": chain.transitions,
            "emissions": self.learnt_chain.emissions,
            "scores": np.array([self.learnt_chain.score, self.learnt_chain.log_p]),
        }
        return arrays if self.below is None else arrays | {"below": self.below}

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        self.take_up(arrays)
        super().resume(arrays)

    def take_up(self, arrays: dict[str, np.ndarray]) -> None:
        """Restore what recognition needs from the arrays of a state.

        Raises:
            ValueError: When the arrays have wrong shapes, or are not probabilities.
        """
        chain = Chain(arrays["start"], arrays["transitions"])
        emissions, below = arrays["emissions"], arrays.get("below")
        k = len(chain)
        shapes = {"transitions": (k, k), "emissions": (k, k), "scores": (2,), "below": (k,)}
        for name, shape in shapes.items():
            if name in arrays and arrays[name].shape != shape:
                raise ValueError(f"its {name} have shape {arrays[name].shape}, and not {shape}")
        parts = [chain.start, chain.transitions, emissions] + ([] if below is None else [below])
        for part in parts:
            if not (np.isfinite(part).all() and part.min() >= 0 and np.allclose(part.sum(axis=-1), 1.0)):
                raise ValueError("its numbers are no probabilities")
        score, log_p = arrays["scores"].tolist()
        self.learnt_chain, self.below = Learnt(chain, emissions, score, log_p, start="previous"), below
        self.updates = int(arrays["updates"])

    def load(self) -> None:
        path = (self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))).state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        try:
            self.take_up(self.read(path))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise error if isinstance(error, InputError) else unfit(path, error) from error
