"""A module above the VAE: two classes, which it sets apart."""

import numpy as np

from kvae.metrics import Meaning, measures
from kvae.modules import Module
from kvae.plots import figure


def shares(classes):
    """How many rows are on either side."""
    fig, axes = figure(3, 2)
    axes[0, 0].bar([0, 1], classes.sum(axis=0))
    return fig


class Halves(Module):
    """Two classes, by the first dimension of the code; each sends its own mean."""

    def __init__(self, distance=1.0, name="halves"):
        super().__init__(name)
        self.distance, self.threshold = distance, 0.0

    def update(self):
        (z,) = self.get_observations()
        if self.mode == "learn":
            self.threshold = float(np.median(z[:, 0]))
        above = z[:, :1] > self.threshold
        self.set_forward_msg(np.hstack([~above, above]).astype(np.float32))
        self.send_backward_msgs([np.where(above, self.distance, -self.distance) * np.ones_like(z)])

    def state(self):
        return super().state() | {"threshold": np.array(self.threshold)}

    def resume(self, arrays):
        super().resume(arrays)
        self.threshold = float(arrays["threshold"])

    @measures(share_above=Meaning("Share above", "Rows above the threshold.", "%"))
    def measure(self, forward=None, labels=None):
        forward = self.get_forward_msg() if forward is None else forward
        return {"share_above": float(forward[:, 1].mean())}

    def draw(self, view):
        self.folder.write_figure("halves", shares, self.get_forward_msg())
