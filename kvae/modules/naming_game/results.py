"""The results of a naming game: agreement between agents and with labels, files and pictures."""

from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from kvae import plots
from kvae.metrics import are_classes
from kvae.metrics.agreement import kappas
from kvae.metrics.classes import clustering_metrics
from kvae.metrics.meaning import Meaning, measures
from kvae.modules.hooks import Messages, View
from kvae.modules.module import Module
from kvae.modules.naming_game.language import Language


@dataclass(frozen=True)
class Named(Messages):
    """Messages, with the signs of every agent.

    Attributes:
        held: Each agent's most probable sign of every object after a game, `(n, A)`.
        own: Each agent's most probable sign by its own percept, `(n, A)`; -1 for objects that it does not see.
    """

    held: np.ndarray | None = None
    own: np.ndarray | None = None


class GameResults(Module):
    """The results of a naming game.

    Attributes:
        K: Number of signs.
        communication: `game`, `all` or `none`.
        language: The learnt language.
        signs: The sign of every agent for every object, `(A, n)`.
        own: The most probable sign by each agent's own percept, `(A, n)`; -1 for objects that it does not see.
    """

    K: int
    communication: str
    language: Language | None
    signs: np.ndarray | None
    own: np.ndarray | None

    def take(self, messages: Messages) -> None:
        super().take(messages)
        assert isinstance(messages, Named) and messages.held is not None and messages.own is not None
        self.signs, self.own = messages.held.T, messages.own.T

    @property
    def agents(self) -> list[str]:
        """The names of the agents."""
        return [module.name for module in self.observed]

    def classes_of(self, forward: Any) -> np.ndarray:
        return np.asarray(forward).argmax(axis=1)

    def describe(self) -> str:
        return f"{self.K} signs of {len(self.observed)} agents"

    def said(self) -> str:
        return f"game of {len(self.observed)} agents"

    @measures(
        acceptance=Meaning(
            "Acceptance",
            "Share of the proposed signs that were accepted, the mean over a game's sweeps.",
            "%",
        )
    )
    def progress(self) -> dict[str, float]:
        played = self.language is not None and self.language.acceptance
        return {"acceptance": float(np.mean(self.language.acceptance))} if played else {}  # type: ignore[union-attr]

    def summary(self) -> dict[str, float]:
        return self.progress()

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """The agreement between agents and, if there are labels, of their signs with the labels.

        `accuracy`, `nmi` and `ari` are those of the most probable signs, and the only ones for other rows. Metrics
        with the name of an agent, such as `ari_gmm_a`, are those of its signs. Metrics with `alone` are those of
        its signs by its own percept, for the objects that it sees.
        """
        if forward is not None:
            return clustering_metrics(self.classes_of(forward), labels) if usable(labels) else {}
        assert self.own is not None and self.signs is not None
        alone = kappas(self.own)
        found = {"kappa_alone": float(np.mean(list(alone.values())))} if alone else {}
        if self.mode == "learn":  # inferred signs are the same for all agents
            pairs = kappas(self.signs)
            found["kappa"] = float(np.mean(list(pairs.values())))
            if len(pairs) > 1:
                found |= {f"kappa_{self.agents[a]}_{self.agents[b]}": value for (a, b), value in pairs.items()}
        if not usable(self.labels):
            return found
        found |= clustering_metrics(self.classes_of(self.get_forward_msg()), self.labels)
        for suffix, signs in (("", self.signs), ("_alone", self.own)):
            for agent, own in zip(self.agents, signs, strict=True):
                labels = self.labels[own >= 0]
                measured = clustering_metrics(own[own >= 0], labels) if usable(labels) else {}
                found |= {f"{name}_{agent}{suffix}": measured[name] for name in ("accuracy", "ari") if measured}
        return found

    def write(self) -> None:
        """Write `signs_`, `own_` (a column per agent), `Pdz_` and `acc_{mode}`; when learning, `model.npz`."""
        assert self.own is not None and self.signs is not None
        folder, mode = self.folder, self.mode
        folder.write_rows(f"signs_{mode}", self.signs.T, self.agents)
        folder.write_rows(f"own_{mode}", self.own.T, self.agents)
        folder.write_rows(f"Pdz_{mode}", np.asarray(self.get_forward_msg()))
        if usable(self.labels):
            folder.write_rows(f"acc_{mode}", np.array([self.measure()["accuracy"]]))
        if mode == "learn":
            self.save()

    def draw(self, view: View) -> None:
        """Draw the agreement by rounds, the decoded mean code of every sign, and signs against labels."""
        if self.mode == "learn":
            if view.rounds:
                self.folder.write_figure("naming", plots.naming, view.rounds)
            decoded = [self.recalled(agent) for agent in range(len(self.observed))]
            if all(one is not None for one in decoded):
                assert self.signs is not None
                sizes = np.stack([np.bincount(signs, minlength=self.K) for signs in self.signs])
                self.folder.write_figure("recalled", plots.recalled, decoded, self.agents, sizes)
        if usable(self.labels):
            classes = self.classes_of(self.get_forward_msg())
            self.folder.write_figure(f"confusion_{self.mode}", plots.confusion, classes, self.labels)

    def recalled(self, agent: int) -> np.ndarray | None:
        """The decoded mean of an agent's codes of the objects with each sign, `(K, *data_shape)`.

        None for an agent that observes anything but one VAE.
        """
        below = self.observed[agent].observed
        model = getattr(below[0], "model", None) if len(below) == 1 else None
        if model is None or self.signs is None:
            return None
        z = np.asarray(below[0].get_forward_msg(), float)
        seen = np.isfinite(z).all(axis=1)
        used = np.eye(self.K)[self.signs[agent][seen]]
        means = (used.T @ z[seen] + z[seen].mean(axis=0)) / (used.sum(axis=0)[:, None] + 1.0)
        return model.decode(means.astype(np.float32))


def usable(labels: np.ndarray | None) -> TypeGuard[np.ndarray]:
    """Whether there are labels that name classes."""
    return labels is not None and are_classes(labels)
