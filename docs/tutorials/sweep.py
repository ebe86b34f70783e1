# %% [markdown]
# # A sweep: which setting is best?
#
# The same command with commas in it runs every combination, each in a process of its own, and ends with a table. `-m` says
# that the commas are meant so. Two seeds tell how much is chance:

# %%
# !python run.py -m model.latent_dim=2,4,8 seed=0,1 train.itr=300 train.batch_size=128  # small: model.latent_dim=2,4 seed=0 train.itr=1 model=tiny

# %% [markdown]
# The table has a row for each setting, over its seeds, the best first; below it stands the command of the best. The folder
# of the sweep holds `sweep.csv` and `sweep.png`:
#
# ![val_loss by latent_dim](outputs/vae/learn/*/sweep.png)
#
# ## By another number
#
# `val_loss` is not fair between values of `KL_param`, which weighs a part of it. `bits_per_dim` is
# ([glossary](../glossary.md#bits_per_dim)):

# %%
# !python run.py -m model.KL_param=0.5,1,2 objective=bits_per_dim train.itr=300 train.batch_size=128  # small: model.KL_param=1,2 train.itr=1 model=tiny

# %% [markdown]
# ## Read it in Python

# %%
from pathlib import Path

import pandas as pd

sweep = pd.read_csv(max(Path("outputs/vae/learn").iterdir()) / "sweep.csv")
sweep[["model.KL_param", "bits_per_dim", "val_reconstruction", "val_kl", "active_units"]]

# %% [markdown]
# A sweep that was cut off goes on with `python run.py resume=FOLDER`. A search (`sweep=optuna`), all processors, Ray and Slurm
# take the same line: [sweeps](../sweeps.md).
