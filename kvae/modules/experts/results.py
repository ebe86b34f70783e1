"""The results of experts: how far they agree, the joint codes, and predictions of each modality by the others."""

from typing import Any

import numpy as np

from kvae import plots
from kvae.metrics import are_classes
from kvae.metrics.experts import neighbours_accuracy, posteriors_apart
from kvae.modules.experts.alignment import turned
from kvae.modules.hooks import View
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.module import Module


class ExpertResults(Module):
    """The results of experts."""

    kind: str
    maps: np.ndarray | None

    def describe(self) -> str:
        return f"messages of {len(self.observed)} experts ({self.kind})"

    def said(self) -> str:
        return f"{self.name} ({self.kind})"

    def progress(self) -> dict[str, float]:
        """How far the posteriors of the experts are apart, on the rows of the last update."""
        messages = [module.get_forward_msg() for module in self.observed]
        variances = [module.get_forward_var() for module in self.observed]
        if self.maps is None or any(one is None for one in (*messages, *variances)):
            return {}
        parts = [
            turned(Gaussian(np.asarray(mean, float), np.asarray(var, float)), rotation)
            for mean, var, rotation in zip(messages, variances, self.maps, strict=True)
        ]
        return posteriors_apart([part.mean for part in parts], [part.cov for part in parts])

    def summary(self) -> dict[str, float]:
        return self.progress()

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """`knn_accuracy` if there are labels; that of other rows by their neighbours among the learnt rows."""
        if self._forward is None or not are_classes(self.labels):
            return {}
        assert self.labels is not None
        if forward is None:
            return neighbours_accuracy(self._forward, self.labels)
        if labels is None:
            return {}
        return neighbours_accuracy(forward, labels, (self._forward, self.labels))

    def write(self) -> None:
        """Write the joint codes as `z_{mode}`; when learning, `model.npz`."""
        self.folder.write_rows(f"z_{self.mode}", np.asarray(self._forward))
        if self.mode == "learn":
            self.save()

    def draw(self, view: View) -> None:
        """Draw a map of the joint codes and, when learning, each VAE's data as the others predict it."""
        z = np.asarray(self._forward)
        known = ~np.isnan(z).any(axis=1)
        if known.any():
            labels = None if view.labels is None else view.labels[known]
            title = "joint codes (posterior means)"
            self.folder.write_figure(f"latent_{self.mode}", plots.latent_map, z[known], labels, title)
        if self.mode == "learn":
            for module, message in zip(self.observed, self._sent, strict=True):
                self.draw_told(module, as_gaussian(message))

    def draw_told(self, module: Module, message: Gaussian) -> None:
        """Draw the data of a VAE beside its message decoded, in the units of its model."""
        model = getattr(module, "model", None)
        if model is None or model.likelihood.given or len(module.observed) != 1:
            return
        x = module.observed[0].get_forward_msg()
        n = min(len(x), plots.COLUMNS)
        rows = np.linspace(0, len(x) - 1, n).astype(int)
        observed = np.asarray(x[rows], np.float32)
        there = ~np.isnan(observed.reshape(n, -1)).any(axis=1)  # neither missing rows nor rows with missing values
        if len(message) == len(x) and there.any():
            decoded = model.decode(message.mean[rows[there]].astype(np.float32))
            shown = observed[there], decoded.reshape(observed[there].shape), rows[there].tolist()
            self.folder.write_figure(f"told_{module.name}", plots.told, *shown)
