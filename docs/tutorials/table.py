# %% [markdown]
# # A table: columns, gaps, new rows
#
# For everyone with a table of numbers, text and missing values: learn it, fill the missing values, and generate rows. The table
# here is scikit-learn's wine data, with an added column of text, and with one cell in twenty removed. For your own CSV, type its
# path in `data.path`:

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
# `mode=inspect` prints how each column will be learnt, and writes a file in which you can change this
# ([columns](../columns.md)):

# %%
# !python run.py data=table data.path=wine.csv mode=inspect

# %% [markdown]
# ## Learn
#
# Missing values need no preparation: a row is learnt with the values that it has.

# %%
# !python run.py data=table data.path=wine.csv train.itr=200  # small: train.itr=2 model.hidden_encoder_dim=8

# %% [markdown]
# The column `loss` has each column's part of the reconstruction, in nats. Values against their reconstructions:
#
# ![values against reconstructions, by column](outputs/vae/learn/*/module001_vae/table_reconstructions_learn.png)
#
# ## Fill missing values

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
# Conditions are optional: here rows of one grower with much alcohol.

# %%
# !python run.py data=table data.path=wine.csv mode=generate mode.n=5 'mode.where={grower: Bodega A, alcohol: ">13.5"}'  # small: model.hidden_encoder_dim=8

# %%
print(max(Path("outputs").glob("vae/generate/*/module001_vae/x_generate.csv")).read_text())

# %% [markdown]
# `mode=evaluate` measures how similar generated and real rows are, in single columns and in pairs of columns, and whether a
# classifier can distinguish them ([how](../evaluate.md#a-table)).
