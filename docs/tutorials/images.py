# %% [markdown]
# # Images: from digits to codes and back
#
# You learn a variational autoencoder on small images, look at what it knows of them, and draw new ones. It takes a minute
# on two cores; nothing is downloaded.
#
# ## Learn
#
# The bundled digits are 1,797 images of 8 x 8 pixels. One command learns them, holds a fifth out, and writes all results
# into a run folder:

# %%
# !python run.py model.latent_dim=16 train.itr=2000 train.batch_size=360  # small: train.itr=2 model=tiny

# %% [markdown]
# `val_loss` is that of the held-out digits, in nats: reconstruction plus KL ([glossary](../glossary.md)). The run folder
# holds a page with all of it, `report.html`, and pictures. Originals over their reconstructions:
#
# ![digits over their reconstructions](outputs/vae/learn/*/module001_vae/reconstructions_learn.png)
#
# Each image became a code of 16 numbers. Seen along their two main directions, digits of a kind lie together, although no
# label was learnt:
#
# ![codes by label](outputs/vae/learn/*/module001_vae/latent_learn.png)
#
# ## How good is it?

# %%
# !python run.py model.latent_dim=16 mode=evaluate  # small: mode.n_samples=2 model=tiny

# %% [markdown]
# `nll` estimates the negative log-likelihood more tightly than the loss; `active_units` says how many of the 16 dimensions
# are in use. What each of them does to an image, from three standard deviations below the mean to three above:
#
# ![digits along the active dimensions](outputs/vae/evaluate/*/module001_vae/traversal_evaluate.png)
#
# ## New digits
#
# Codes drawn from a mixture that is fitted to the learnt codes give clearer images than those of N(0, I):

# %%
# !python run.py model.latent_dim=16 mode=generate mode.sampler=gmm  # small: model=tiny

# %% [markdown]
# ![new digits](outputs/vae/generate/*/module001_vae/generated.png)
#
# ## From Python
#
# `kvae.open_run` opens a learnt run. Here the codes of two digits, and four images on the way from one to the other:

# %%
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import kvae

run = kvae.open_run(max(Path("outputs/vae/learn").iterdir()))
x = load_digits().images[..., None] / 16  # in [0, 1], as data=digits has them
z_mean, z_log_var = run.encode(x)
z_mean.shape

# %%
share = np.linspace(0, 1, 6)[:, None]
on_the_way = run.decode((1 - share) * z_mean[3] + share * z_mean[8])
on_the_way.shape

# %% [markdown]
# ## Your own images
#
# A folder of PNG or JPEG files is learnt by `data=images data.path=FOLDER`; subfolders are labels
# ([how](../guide.md#a-folder-of-images)). From about 28 x 28 pixels on take `model=conv`.
