# %% [markdown]
# # For Serket users: the tutorial's script
#
# Your Serket script runs with other imports: names, arguments and defaults are Serket's. The VAE is a Keras model, the
# mixture is fitted by EM, and both write their files into a folder of your choice. All differences:
# [from Serket](../from-serket.md).
#
# ## The data
#
# Serket reads text files. Write a table of rows, and one of labels:

# %%
import numpy as np
from sklearn.datasets import load_digits

x, category = load_digits(return_X_y=True)
np.savetxt("data.txt", x / 16, fmt="%g")
np.savetxt("category.txt", category, fmt="%d")

# %% [markdown]
# ## The script
#
# `import serket as srk`, `import vae` and `import gmm` become two lines:

# %%
import kvae.modules as srk
from kvae import modules as gmm
from kvae import modules as vae

itr = 200  # small: 1
obs = srk.Observation(np.loadtxt("data.txt"))
category = np.loadtxt("category.txt")
vae1 = vae.VAE(10, itr=itr, batch_size=500)
gmm1 = gmm.GMM(10, category=category)
vae1.connect(obs)
gmm1.connect(vae1)
for _ in range(3):
    vae1.update()
    gmm1.update()

# %% [markdown]
# The files that Serket writes into `module001_vae` and `module002_gmm` are written by the command line, with the same names:

# %%
# !python run.py prior=gmm data=file data.path=data.txt data.labels=category.txt prior.n_components=10 prior.rounds=3 train.itr=200 train.batch_size=500  # small: train.itr=1 model=tiny prior.rounds=2

# %%
from pathlib import Path

folder = max(Path("outputs/vae/learn").iterdir())
sorted(path.name for path in (folder / "module002_gmm").iterdir())

# %% [markdown]
# `np.loadtxt` reads every text file. The confusion matrix of classes and labels:
#
# ![confusion of classes and labels](outputs/vae/learn/*/module002_gmm/confusion_learn.png)
