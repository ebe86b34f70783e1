# %% [markdown]
# # Images: from digits to codes and back
#
# A first tutorial, for everyone who is new to kvae: learn a variational autoencoder on small images, evaluate it, and generate
# new images. It takes a minute on two cores; nothing is downloaded.
#
# ## Learn
#
# The bundled digits are 1,797 images of 8 x 8 pixels. One command holds out a fifth of them, learns the others, and writes all
# results into a run folder:

# %%
# !python run.py model.latent_dim=16 train.itr=2000 train.batch_size=360  # small: train.itr=2 model=tiny

# %% [markdown]
# `val_loss` is the loss of the held-out digits in nats, reconstruction plus KL; `bits_per_dim` is the same in bits per pixel
# ([glossary](../glossary.md#bits_per_dim)). The run folder has figures and a page with all results, `report.html`. Originals
# above their reconstructions:
#
# ![digits over their reconstructions](outputs/vae/learn/*/module001_vae/reconstructions_learn.png)
#
# Each image has a code of 16 numbers. In a projection of the codes to their two main directions, images of the same digit lie
# together, although no labels were learnt:
#
# ![codes by label](outputs/vae/learn/*/module001_vae/latent_learn.png)
#
# ## How good is it?

# %%
# !python run.py model.latent_dim=16 mode=evaluate  # small: mode.n_samples=2 model=tiny

# %% [markdown]
# `nll` is a tighter bound on the negative log-likelihood than the loss; `active_units` is the number of the 16 dimensions that
# are in use. The effect of each of them on an image, from three standard deviations below the mean to three above:
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
# `kvae.open_run` opens a learnt run. This code encodes all digits, and decodes six points on the line between the codes of two
# digits:

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
# `data=images data.path=FOLDER` learns a folder of PNG or JPEG files; the names of subfolders are the labels
# ([how](../guide.md#a-folder-of-images)). From about 28 x 28 pixels on, use `model=conv`.
