"""A module above the mixture, and a prior with it, as a user writes them outside of kvae."""

from matplotlib.figure import Figure

import kvae.modules as srk
from kvae.metrics.meaning import Meaning, measures


class Companions(srk.Module):
    """Learns which classes go together, and sends every row the companions of its classes."""

    def __init__(self, memory=0.5, name="third"):
        super().__init__(name)
        self.memory, self.together = memory, None

    def update(self):
        (r,) = self.get_observations()
        if self.mode == "learn":
            now = r.T @ r / r.sum(axis=0)[:, None]
            self.together = now if self.together is None else self.memory * self.together + (1 - self.memory) * now
        self.set_forward_msg(r @ self.together)
        self.send_backward_msgs([r @ self.together])

    def state(self):
        return super().state() | {"together": self.together}

    def resume(self, arrays):
        super().resume(arrays)
        self.together = arrays["together"]

    @measures(certainty=Meaning("Certainty of the companions", better="higher"))
    def measure(self, forward=None, labels=None):
        p = self.get_forward_msg() if forward is None else forward
        return {"certainty": float(p.max(axis=1).mean())}

    def draw(self, view):
        figure = Figure()
        figure.subplots().imshow(self.together)
        self.folder.write_figure("companions", lambda: figure)


def build(n_components=2, memory=0.5, seed=0):
    """A mixture on the codes, and above it what goes together."""
    gmm, third = srk.GMM(n_components, n_starts=1, seed=seed), Companions(memory)
    third.connect(gmm)
    return third


def numbers(n_components, memory):
    """No prior: it gives no module."""
    return n_components


def fails(n_components, memory):
    """A prior with a mistake in it."""
    raise KeyError("no such thing")


class Centre(srk.Module):
    """Pulls every code towards the centre of those that it learnt from: all that it needs is `update`."""

    def __init__(self, pull=0.5):
        super().__init__("centre")
        self.pull = pull

    def update(self):
        (z,) = self.get_observations()
        self.set_forward_msg(z)
        self.send_backward_msgs([self.pull * z])
