"""Experts as a module: it observes several VAEs, and sends each of them what the others infer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.experts.kinds import KINDS
from kvae.modules.experts.messages import ExpertMessages
from kvae.modules.experts.results import ExpertResults
from kvae.modules.hooks import Messages, Sent
from kvae.modules.parameters import check_flag, check_number, check_share, check_whole, check_word

DIVISORS = ("prior", "messages")
MESSAGES = ("diag", "mean")
MOST_SUBSETS = 10  # modules of `mopoe`, which has 2^M - 1 products


class Experts(ExpertMessages, ExpertResults):
    """A multimodal VAE of separately trained VAEs, one for each modality, which all have the same `latent_dim`.

    Forward message: the means of the joint posteriors `(n, latent_dim)`, and their variances. Backward message: to
    each VAE a `Gaussian` for its code, inferred from the other VAEs and the message from above. Messages from
    above are means `(n, latent_dim)` or `Gaussian`s, in place of N(0, I). A row of NaN lacks the modality; the
    other modalities of the row are used.

    Args:
        kind: How posteriors are combined. `poe`: as a product (Wu and Goodman 2018); `moe`: as a mixture (Shi et
            al. 2019); `mopoe`: as the mixture of the products of all subsets (Sutter et al. 2021). A mixture is
            sent as the Gaussian with its mean and variances.
        weights: A number above 0 for each observed module: powers in products, shares in `moe`; None: all are 1.
        name: Names the folder.
        mode: `learn` or `recog`.
        align: Whether every update rotates the codes of all VAEs into the frame of the first.
        divide: What a posterior is divided by before it is combined with others. `prior`: N(0, I); `messages`:
            a Gaussian of the mean precision of the messages that its VAE learnt with.
        message: `diag`: variances are sent with the means; `mean`: the variances sent are 1.
        damping: Share of the previous message in each new one, from 0 to below 1.
        ramp: Updates over which messages grow to their full strength; 0: full strength at once.
        floor: The lowest variance of a posterior, above 0 and at most 1.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    def __init__(
        self,
        kind: str = "poe",
        weights: Sequence[float] | None = None,
        name: str = "experts",
        mode: str = "learn",
        *,
        align: bool = True,
        divide: str = "prior",
        message: str = "diag",
        damping: float = 0.0,
        ramp: int = 0,
        floor: float = 0.001,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_word("kind", kind, KINDS)
        check_word("divide", divide, DIVISORS)
        check_word("message", message, MESSAGES)
        check_flag("align", align)
        check_share("damping", damping, "a number >= 0 and < 1", lambda value: 0 <= value < 1)
        check_whole("ramp", ramp, lowest=0)
        check_share("floor", floor, "a number > 0 and <= 1", lambda value: 0 < value <= 1)
        if weights is not None and (isinstance(weights, str) or not np.ndim(weights) == 1 or len(weights) < 2):
            raise InputError(f"weights must be a list of numbers > 0. Received: weights={weights!r}")
        for weight in () if weights is None else weights:
            check_number("weights", weight, above=True)
        self.kind, self.align, self.divide, self.message = kind, align, divide, message
        self.damping, self.ramp, self.floor = damping, ramp, floor
        self.weights = None if weights is None else np.asarray(weights, float)
        self.maps: np.ndarray | None = None
        self.contained: np.ndarray | None = None
        self.var: np.ndarray | None = None

    def connect(self, *observed: Any) -> None:
        if self.kind == "mopoe" and len(observed) > MOST_SUBSETS:
            raise InputError(
                f"{self.name}: kind=mopoe is for at most {MOST_SUBSETS} modules, since it has a product for every "
                f"subset of them. Received: {len(observed)}"
            )
        super().connect(*observed)

    def update(self, write: bool = True) -> None:
        """Learn the joint frame, or in mode `recog` only infer; send messages. Draws no random numbers.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: For fewer than two observed modules, for codes of different shapes or without variances, or
                in mode `recog` when nothing was learnt.
        """
        codes = self.get_observations()
        sent = [Sent(z, module.get_forward_var()) for z, module in zip(codes, self.observed, strict=True)]
        above, before = self.get_backward_msg(), self._sent
        if self.mode == "learn":
            means, variances = self.posteriors(sent)
            self.fit(means)
            self.updates += 1
            found = self.messages(means, variances, above)
            pairs = zip(found.backward, before or [None] * len(codes), strict=True)
            backward = [self.damped(message, last, self.damping) for message, last in pairs]
            found = Messages(found.forward, backward, found.var)
        else:
            found = self.infer_from(sent, above)
        self.take(found)
        self.send_backward_msgs(found.backward)
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def take(self, messages: Messages) -> None:
        super().take(messages)
        self.var = messages.var

    def get_forward_var(self) -> np.ndarray | None:
        """Variances of the joint posteriors, `(n, latent_dim)`."""
        return self.var

    def state(self) -> dict[str, np.ndarray]:
        assert self.maps is not None and self.contained is not None and self.var is not None
        own = {"maps": self.maps, "contained": self.contained, "var": self.var}
        return super().state() | own

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        maps, contained = arrays["maps"], arrays["contained"]
        if maps.ndim != 3 or contained.shape != maps.shape[:2] or len(maps) != len(self.observed):
            raise InputError(
                f"{self.name} learnt from {len(maps)} modules. It now observes {len(self.observed)}"
                if maps.ndim == 3 and contained.shape == maps.shape[:2]
                else f"the state of {self.name} has arrays that do not fit each other"
            )
        super().resume(arrays)
        self.maps, self.contained, self.var = maps, contained, arrays["var"]
