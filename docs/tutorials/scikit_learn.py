# %% [markdown]
# # For scikit-learn users: transform, detect, impute
#
# For users of scikit-learn: three estimators follow its rules. They can be cloned and pickled, work in pipelines and searches,
# and take arrays and DataFrames.
#
# ## Codes as features

# %%
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from kvae.sklearn import VAEDetector, VAEImputer, VAETransformer

itr = 200  # small: 1
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

vae = VAETransformer(latent_dim=10, likelihood="bernoulli", scale="minmax", itr=itr, random_state=0)
classifier = make_pipeline(vae, LogisticRegression(max_iter=1000)).fit(X_train, y_train)
print(f"{X.shape[1]} pixels become {vae.transform(X_test).shape[1]} codes")
print(f"accuracy from the codes: {classifier.score(X_test, y_test):.3f}")

# %% [markdown]
# `vae.score` is the mean evidence lower bound in nats; a grid search maximises it:

# %%
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(vae, {"latent_dim": [2, 10]}, cv=2).fit(X_train)
search.best_params_, search.cv_results_["mean_test_score"].round(2)

# %% [markdown]
# ## Outliers
#
# `predict` returns 1 for rows like the learnt ones and -1 for outliers, as `IsolationForest` does:

# %%
zeros = X_train[y_train == 0]
detector = VAEDetector(itr=itr, random_state=0).fit(zeros)
print("zeros predicted as normal:", (detector.predict(X_test[y_test == 0]) == 1).mean().round(3))
print("other digits predicted as outliers:", (detector.predict(X_test[y_test != 0]) == -1).mean().round(3))

# %% [markdown]
# ## Missing values
#
# `VAEImputer` fills missing numbers and text. Here a fifth of the cells of a table is hidden and filled again:

# %%
import numpy as np
from sklearn.datasets import load_wine

table = load_wine(as_frame=True).data[["alcohol", "flavanoids", "hue", "proline"]]
hidden = np.random.default_rng(0).random(table.shape) < 0.2
imputer = VAEImputer(itr=itr, random_state=0)
filled = imputer.fit_transform(table.mask(hidden))
error = ((filled - table) / table.std()).to_numpy()[hidden]
f"error of the filled cells: {np.sqrt(np.mean(error**2)):.2f} standard deviations"

# %% [markdown]
# More: [scikit-learn](../scikit-learn.md), and the [reference of the three](../reference/api/sklearn.md).
