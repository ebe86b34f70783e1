# %% [markdown]
# # For PyOD's user: detectors side by side
#
# What you know from `pyod.models.vae.VAE`, and its name here:
#
# | PyOD | kvae |
# |---|---|
# | `clf = VAE(contamination=0.1)` | `detector = VAEDetector(contamination=0.1)` |
# | `clf.fit(X)` | `detector.fit(X)` |
# | `clf.decision_scores_` | `-detector.score_samples(X)`: nats, so that scores compare between models of one data set |
# | `clf.decision_function(X)`, the larger the more unusual | `-detector.decision_function(X)`: scikit-learn's sign, the larger the more normal |
# | `clf.predict(X)`: 1 for outliers, 0 else | `detector.predict(X)`: -1 for outliers, 1 else |
# | `clf.threshold_` | `-detector.offset_` |
# | `encoder_neuron_list=[128, 64]` | `hidden_encoder_dim=[128, 64]` |
# | `latent_dim=2`, `beta=1.0`, `lr`, `epoch_num`, `batch_size` | `latent_dim`, `KL_param`, `learning_rate`, `itr`, `batch_size` |
# | the squared error of the reconstruction as the score | the negative evidence lower bound; `anomaly_score="reconstruction"`, `anomaly_score="nll"` |
#
# ## The same task
#
# Breast cancer data: learn benign cases, tell malignant ones.

# %%
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from kvae.sklearn import VAEDetector

itr = 200  # small: 1
X, y = load_breast_cancer(return_X_y=True)  # 1: benign, 0: malignant
benign, malignant = X[y == 1], X[y == 0]
test = np.r_[benign[200:], malignant]
outlier = np.r_[np.zeros(157), np.ones(212)]

detector = VAEDetector(contamination=0.05, itr=itr, random_state=0).fit(benign[:200])
scores = -detector.score_samples(test)  # the larger the more unusual, as in PyOD
forest = IsolationForest(random_state=0).fit(benign[:200])
print(f"ROC AUC: VAEDetector {roc_auc_score(outlier, scores):.3f}", end=", ")
print(f"IsolationForest {roc_auc_score(outlier, -forest.score_samples(test)):.3f}")

# %% [markdown]
# On so small and smooth a table the forest is a little ahead; on images it is far behind, and so is PyOD's VAE
# ([figures](../results.md#one-digit-is-normal-the-others-are-not)). Labels as PyOD gives them:

# %%
labels = (detector.predict(test) == -1).astype(int)
print("flagged:", labels.sum(), "of", len(labels))
print("threshold:", round(float(-detector.offset_), 2), "nats")

# %% [markdown]
# On the command line, with the cells of a table that are wrong: [anomalies](anomaly.md).
