"""Modules of a user's own as nodes of a network, with a mistake each."""

import numpy as np

import kvae.modules as srk


class Wide(srk.Module):
    """Sends messages of another width than it observes."""

    def update(self):
        (z,) = self.get_observations()
        self.set_forward_msg(z)
        self.send_backward_msgs([np.zeros((len(z), 5))])


class Broken(srk.Module):
    """Multiplies arrays that do not fit."""

    def update(self):
        (z,) = self.get_observations()
        self.set_forward_msg(z @ np.ones((3, 3)))


class Mute(srk.Module):
    """Sends nothing upwards."""

    def update(self):
        self.get_observations()
