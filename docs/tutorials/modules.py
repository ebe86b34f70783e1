# %% [markdown]
# # Modules: a VAE that learns from another model
#
# For everyone who combines a VAE with another model. The prior of a VAE is usually N(0, I) for every observation. Here its mean
# is a message from another module, one for each observation, and both modules are trained in alternation. The first example uses
# a mixture, the second a module of your own.
#
# ## A VAE and a mixture
#
# The VAE observes the data, and a Gaussian mixture observes the codes of the VAE. In each round the VAE is trained; then the
# mixture is fitted to its codes, and sends every code the mean of its class:

# %%
import numpy as np
from sklearn.datasets import load_digits

import kvae.modules as srk

x, labels = load_digits(return_X_y=True)
x = x / 16
itr = 200  # small: 1
rounds = 4  # small: 2

observation = srk.Observation(x)
vae = srk.VAE(10, itr=itr, batch_size=256)
gmm = srk.GMM(10, category=labels)  # the labels are for the reported accuracy alone
vae.connect(observation)
gmm.connect(vae)
for _ in range(rounds):
    vae.update()
    gmm.update()

# %% [markdown]
# `get_forward_msg` returns the message that a module sends up, `get_backward_msg` the message that it received from above. The
# mixture sends class probabilities up; the VAE received a mean for each digit:

# %%
p = gmm.get_forward_msg()
classes = p.argmax(axis=1)
p.shape, np.round(np.bincount(classes, minlength=10) / len(classes), 3)

# %%
from scipy.optimize import linear_sum_assignment

table = np.zeros((10, 10), int)
np.add.at(table, (labels, classes), 1)
rows, columns = linear_sum_assignment(-table)
f"accuracy without labels: {table[rows, columns].sum() / len(labels):.3f}"

# %% [markdown]
# ## A module of your own
#
# A module needs ten lines: it reads the codes that it observes, and sends messages back. This one pulls every code towards the
# mean code of its neighbouring rows. The rows are sorted by label here, so that most neighbours are the same digit. The first
# round has no messages yet:


# %%
class Smooth(srk.Module):
    """Sends each code the mean of the codes around it."""

    def update(self):
        (z,) = self.get_observations()
        window = np.ones(9) / 9
        mu = np.stack([np.convolve(column, window, mode="same") for column in z.T], axis=1)
        self.set_forward_msg(mu)
        self.send_backward_msgs([mu])


order = np.argsort(labels, kind="stable")
vae = srk.VAE(10, itr=itr, batch_size=256)
vae.connect(srk.Observation(x[order]))
smooth = Smooth("smooth")
smooth.connect(vae)


def share_within():
    """The share of the variance of all codes that is within digits."""
    z = vae.get_forward_msg()
    within = np.mean([z[labels[order] == k].var(axis=0).sum() for k in range(10)])
    return within / z.var(axis=0).sum()


for round_ in range(rounds):
    vae.update()
    print(f"round {round_ + 1}: {share_within():.2f} of the variance is within digits")
    smooth.update()

# %% [markdown]
# On the command line, type `prior=gmm`, or write a network in a YAML file. All modules, and the mathematics:
# [modules and messages](../modules.md).
