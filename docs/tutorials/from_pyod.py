# %% [markdown]
# # For PyOD users: detectors side by side
#
# For users of `pyod.models.vae.VAE`: the names of its arguments and methods in kvae, and the same task with both.
#
# | PyOD | kvae |
# |---|---|
# | `clf = VAE(contamination=0.1)` | `detector = VAEDetector(contamination=0.1)` |
# | `clf.fit(X)` | `detector.fit(X)` |
# | `clf.decision_scores_` | `-detector.score_samples(X)`: in nats, so that you can compare the scores of models of the same data |
# | `clf.decision_function(X)`: larger is more unusual | `-detector.decision_function(X)`; without the minus it has scikit-learn's sign: larger is more normal |
# | `clf.predict(X)`: 1 for outliers, 0 else | `detector.predict(X)`: -1 for outliers, 1 else |
# | `clf.threshold_` | `-detector.offset_` |
# | `encoder_neuron_list=[128, 64]` | `hidden_encoder_dim=[128, 64]` |
# | `latent_dim=2`, `beta=1.0`, `lr`, `epoch_num`, `batch_size` | `latent_dim`, `KL_param`, `learning_rate`, `itr`, `batch_size` |
# | the squared error of the reconstruction as the score | the negative evidence lower bound; `anomaly_score="reconstruction"`, `anomaly_score="nll"` |
#
# ## The same task
#
# Breast cancer data: learn benign cases, detect malignant ones.

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
scores = -detector.score_samples(test)  # larger is more unusual, as in PyOD
forest = IsolationForest(random_state=0).fit(benign[:200])
print(f"ROC AUC: VAEDetector {roc_auc_score(outlier, scores):.3f}", end=", ")
print(f"IsolationForest {roc_auc_score(outlier, -forest.score_samples(test)):.3f}")

# %% [markdown]
# On such a small and smooth table the forest is slightly better; on images it is much worse, and so is PyOD's VAE
# ([figures](../results.md#one-digit-is-normal-the-others-are-not)). Labels in PyOD's form:

# %%
labels = (detector.predict(test) == -1).astype(int)
print("flagged:", labels.sum(), "of", len(labels))
print("threshold:", round(float(-detector.offset_), 2), "nats")

# %% [markdown]
# On the command line, also with the unusual cells of a table: [anomalies](anomaly.md).
