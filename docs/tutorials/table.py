# %% [markdown]
# # A table: columns, gaps, new rows
#
# For everyone with a table of numbers, text and missing values: learn it, fill the missing values, and generate rows. The table
# here is scikit-learn's wine data, with an added column of text, and with one cell in twenty removed. For your own CSV, type its
# path in `data.path`; [the page on tables](../tables.md) has more on every step:

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
# `mode=inspect` prints how each column will be learnt, and writes this to a file. To change it, edit the file and learn with the
# printed command ([columns](../columns.md)):

# %%
# !python run.py data=table data.path=wine.csv mode=inspect

# %% [markdown]
# ## Learn
#
# Missing values need no preparation: a row is learnt with the values that it has. `train.itr=200`, the default for
# tables, is typed here only to be seen.

# %%
# !python run.py data=table data.path=wine.csv train.itr=200  # small: train.itr=2 model.hidden_encoder_dim=8

# %% [markdown]
# `loss` is the part of each column in the reconstruction of held-out rows, in nats, from another posterior draw than `val_reconstruction`
# above. It is a density for numbers, and may be negative. `calibration` is the error of the predicted probabilities; 0 is best
# ([metrics](../reference/metrics.md)). `val_loss` is above `loss`, because the model learnt from only 142 rows.
#
# In the next picture each point is a value (across) and its reconstruction (up). For `grower`, bars compare categories:
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
# Conditions are optional: here rows of one grower, high in alcohol. Generated numbers have as many decimals as the data's: in
# `color_intensity` one value has six, 9.899999.

# %%
# !python run.py data=table data.path=wine.csv mode=generate mode.n=5 'mode.where={grower: Bodega A, alcohol: ">13.5"}'  # small: model.hidden_encoder_dim=8

# %%
print(max(Path("outputs").glob("vae/generate/*/module001_vae/x_generate.csv")).read_text())

# %% [markdown]
# `mode=evaluate` measures how similar generated and real rows are, in single columns and in pairs of columns, and whether a
# classifier can distinguish them ([how](../evaluate.md#a-table)).
