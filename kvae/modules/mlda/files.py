"""The state file of topics: what it holds, its checks, and how it is loaded."""

from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.hooks import Messages
from kvae.modules.mlda.messages import TopicMessages
from kvae.modules.mlda.topics import Topics
from kvae.modules.observation import Observation


class TopicFiles(TopicMessages):
    """The state of topics, and how it is loaded.

    Attributes:
        weights: The weight of each modality; None: counts are used unscaled.
        scales: The sum to which the words of a row are scaled, for each modality; empty: counts are unscaled.
        p: Topic probabilities of the rows in the last fit, `(n, K)`.
        r: Topic probabilities of the rows, inferred from all known modalities and the message from above, `(n,
            K)`; NaN for rows without any.
        without: For each modality the topic probabilities without it, `(n, K)`, from which backward messages are
            made.
        learnt: Folder of the module whose topics `recog` infers with; None: this module's own.
    """

    weights: list[float] | None
    scales: list[float]
    p: np.ndarray | None
    r: np.ndarray | None
    without: list[np.ndarray]
    learnt: str | Path | None

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that the next update and recognition need; backward messages as topics, which are smaller."""
        assert self.topics is not None and self.p is not None and self.r is not None
        arrays = {
            "updates": np.array(self.updates),
            "shares": self.topics.shares,
            "trust": np.array(self.topics.trust),
            "alpha": np.array(self.topics.alpha),
            "weights": np.array(self.weights or []),
            "scales": np.array(self.scales),
            "trust_in_classes": np.array(self.trust),
            "forward": np.asarray(self._forward),
            "p": self.p,
            "r": self.r,
        }
        arrays |= {f"words_{m}": words for m, words in enumerate(self.topics.words)}
        arrays |= {f"below_{m}": prior for m, prior in enumerate(self.below) if prior is not None}
        arrays |= {f"without_{m}": p for m, p in enumerate(self.without)}
        if self.held_out is not None:
            arrays["held_out_forward"] = self.held_out.forward
            for m, (module, message) in enumerate(zip(self.observed, self.held_out.backward, strict=True)):
                if message is not None and not isinstance(module, Observation):  # data does not use messages
                    arrays[f"held_out_sent_{m}"] = message
        return arrays

    def take(self, messages: Messages) -> None:
        super().take(messages)
        self.r, self.without = messages.forward, []

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        self.take_up(arrays)
        self._forward, self.p, self.r = arrays["forward"], arrays["p"], arrays["r"]
        self.without = [arrays[f"without_{m}"] for m in range(len(self.observed))]
        self._sent = self.messages_down(self.without)
        self.held_out = None
        if "held_out_forward" in arrays:
            sent = [arrays.get(f"held_out_sent_{m}") for m in range(len(self.observed))]
            self.held_out = Messages(arrays["held_out_forward"], sent)

    def take_up(self, arrays: dict[str, np.ndarray]) -> None:
        """Restore what recognition needs from the arrays of a state.

        Raises:
            ValueError: When the arrays do not fit each other, or hold negative or infinite numbers.
        """
        count = sum(name.startswith("words_") for name in arrays)
        words = [arrays[f"words_{m}"] for m in range(count)]
        shares, trust = arrays["shares"], arrays["trust"]
        weights, scales = arrays["weights"], arrays["scales"]
        if not words or any(one.ndim != 2 or len(one) != len(shares) for one in words):
            raise ValueError("its arrays do not fit each other")
        if trust.shape != (count,) or shares.ndim != 1 or arrays["alpha"].shape != ():
            raise ValueError("its arrays do not fit each other")
        if weights.shape not in ((0,), (count,)) or scales.shape != weights.shape:
            raise ValueError("its arrays do not fit each other")
        if not all(
            np.isfinite(one).all() and one.min() >= 0
            for one in [shares, trust, arrays["trust_in_classes"], *words]
        ):
            raise ValueError("its numbers are not finite, or below 0")
        self.topics = Topics(shares, words, trust.tolist(), float(arrays["alpha"]))
        self.weights, self.scales = weights.tolist() or None, scales.tolist()
        self.updates = int(arrays["updates"])
        self.below = [arrays.get(f"below_{m}") for m in range(count)]
        self.trust = float(arrays["trust_in_classes"])  # the learnt value, so that messages do not change

    def load(self) -> Any:
        """Load the learnt topics, for recognition.

        Raises:
            InputError: When there is no file, it cannot be read, or its topics have another K, other weights or
                another number of modalities.
        """
        path = (self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))).state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        arrays, asked = self.read(path), self.weights
        try:
            self.take_up(arrays)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise InputError(f"{path} holds no topics that can be read: {error}") from error
        assert self.topics is not None
        if len(self.topics) != self.K:
            raise InputError(f"{path} holds {len(self.topics)} topics. Received: K={self.K}")
        if asked is not None and asked != self.weights:
            raise InputError(f"{path} was learnt with weights={self.weights}. Received: weights={asked}")
        if len(self.topics.words) != len(self.observed):
            raise InputError(
                f"{path} holds topics of {len(self.topics.words)} modalities. "
                f"Received: {self.name} observes {len(self.observed)}"
            )
