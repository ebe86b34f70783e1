# %% [markdown]
# # A table: columns, gaps, new rows
#
# You learn a table with numbers, text and gaps, fill the gaps, and make new rows. The table here is scikit-learn's wine
# data, with a column of text, and with one cell in twenty taken out:

# %%
import numpy as np
from sklearn.datasets import load_wine

wine = load_wine(as_frame=True)
table = wine.data[["alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "proline"]].copy()
growers = wine.target.map({0: "Bodega A", 1: "Bodega B", 2: "Bodega C"})
table["grower"] = growers
gaps = np.random.default_rng(0).random(table.shape) < 0.05
table = table.mask(gaps)
table.to_csv("wine.csv", index=False)
table.head()

# %% [markdown]
# ## What are its columns?
#
# `mode=inspect` says how each column would be learnt, and writes a file to change that ([columns](../columns.md)):

# %%
# !python run.py data=table data.path=wine.csv mode=inspect

# %% [markdown]
# ## Learn
#
# Gaps stay gaps: a row is learnt with what it has.

# %%
# !python run.py data=table data.path=wine.csv train.itr=200  # small: train.itr=2 model.hidden_encoder_dim=8

# %% [markdown]
# `loss_alcohol` is what the column adds to the loss, in nats. Values against their reconstructions:
#
# ![values against reconstructions, by column](outputs/vae/learn/*/module001_vae/table_reconstructions_learn.png)
#
# ## Fill the gaps

# %%
# !python run.py data=table data.path=wine.csv mode=impute  # small: model.hidden_encoder_dim=8

# %%
from pathlib import Path

import pandas as pd

filled = pd.read_csv(max(Path("outputs").glob("vae/impute/*/module001_vae/impute.csv")))
missing = gaps[:, -1]
right = filled.loc[missing, "grower"] == growers[missing]
f"{right.sum()} of {len(right)} missing growers are filled right"

# %% [markdown]
# ## New rows
#
# With conditions, if you like: rows of one grower with much alcohol.

# %%
# !python run.py data=table data.path=wine.csv mode=generate mode.n=5 'mode.where={grower: Bodega A, alcohol: ">13.5"}'  # small: model.hidden_encoder_dim=8

# %%
print(max(Path("outputs").glob("vae/generate/*/module001_vae/x_generate.csv")).read_text())

# %% [markdown]
# How like the real rows they are, column by column and pair by pair, and whether a classifier tells them apart, is measured
# by `mode=evaluate` ([how](../evaluate.md#a-table)).
