# %% [markdown]
# # A sweep: which setting is best?
#
# For everyone who compares settings: with `-m` and several values, separated by commas, a command runs every combination, each
# in its own process, and ends with a table. Two seeds show how much of a difference is chance:

# %%
# !python run.py -m model.latent_dim=2,4,8 seed=0,1 train.itr=300 train.batch_size=128  # small: model.latent_dim=2,4 seed=0 train.itr=1 model=tiny

# %% [markdown]
# The table has a row for each setting, as a mean over its seeds, the best first; the line below is the command of the best
# setting. The folder of the sweep has `sweep.csv` and `sweep.png`:
#
# ![val_loss by latent_dim](outputs/vae/learn/*/sweep.png)
#
# ## By another metric
#
# `val_loss` contains `KL_param`, so it cannot compare values of `KL_param`. `bits_per_dim` can
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
# `python run.py resume=FOLDER` resumes an interrupted sweep. The same command can search (`sweep=optuna`), and can run on all
# processors, on Ray and on Slurm: [sweeps](../sweeps.md).
