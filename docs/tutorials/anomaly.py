# %% [markdown]
# # Anomalies: unusual rows and cells
#
# For everyone who looks for anomalies: a VAE that has learnt normal data gives other data a low likelihood. This tutorial detects
# first whole rows, then single cells of a table.
#
# ## Learn one digit, detect the others
#
# `experiment=one_class` learns only the digits with one label; `mode=detect` scores the held-out digits of all labels:

# %%
# !python run.py experiment=one_class data.normal_label=0  # small: train.itr=2 model=tiny
# !python run.py experiment=one_class data.normal_label=0 mode=detect  # small: model=tiny

# %% [markdown]
# `roc_auc` is the probability that another digit has a higher score than a zero. The scores, in nats:
#
# ![scores of zeros and of other digits](outputs/one_class/detect/*/module001_vae/scores_detect.png)
#
# ## Which cell is wrong?
#
# For a table, kvae names the unusual cells. Here `alcohol` of five wines has its decimal point in the wrong place:

# %%
from sklearn.datasets import load_wine

table = load_wine(as_frame=True).data[["alcohol", "malic_acid", "flavanoids", "hue", "proline"]]
table.iloc[:150].to_csv("wine.csv", index=False)  # to learn from
wrong = table.iloc[150:].reset_index(drop=True)
wrong.loc[[3, 8, 15, 20, 26], "alcohol"] /= 10
wrong.to_csv("wrong.csv", index=False)

# %%
# !python run.py data=table data.path=wine.csv  # small: train.itr=2
# !python run.py data=table data.path=wrong.csv mode=detect

# %%
from pathlib import Path

import pandas as pd

cells = pd.read_csv(max(Path("outputs").glob("vae/detect/*/module001_vae/cells_detect.csv")))
cells[cells["rank"] == 1][["row", "column", "value", "expected", "surprise"]].head(8)

# %% [markdown]
# `expected` is the expected value given the rest of the row. The key `mode.contamination` determines how many rows are flagged
# ([all keys](../detect.md)).
