"""The quality of samples from the prior and from a mixture fitted to the codes (`mode.sampler=prior` and `gmm`).

A classifier of real digits measures them: its confidence, and the Frechet distance between samples and real images
in the features of its hidden layer (Heusel et al. 2017, equation 6).
"""

from typing import Any

import numpy as np

from benchmarks.detection import flat
from benchmarks.table import markdown

MODEL = {"latent_dim": 20, "hidden_encoder_dim": 400, "hidden_decoder_dim": 400, "batch_size": 128}
N = 10_000
COMPONENTS = [10, 50]


def digits(repeats: int) -> str:
    """The table of the bundled digits; `repeats` is not used, since one VAE is learnt."""
    from kvae.data.sources import digits

    raw, n = digits.read(digits.Options()), 1437
    x, labels = flat(raw.x), np.asarray(raw.labels)
    return table(x[:n], labels[:n], x[n:], labels[n:], itr=500)


def mnist(repeats: int, path: str) -> str:
    """The table of MNIST, from a file in Keras's layout; `repeats` is not used."""
    from kvae.data.sources import mnist

    raw = mnist.read(mnist.Options(path=path))
    return table(flat(raw.x), raw.labels, flat(raw.x_test), raw.labels_test, itr=20)


def table(x: np.ndarray, y: Any, x_test: Any, y_test: Any, itr: int) -> str:
    """The confidence and the distance for held-out images and for samples."""
    classifier = Classifier(x, y)
    accuracy = np.mean(classifier.classes(x_test) == y_test)
    rows = []
    for kind, images in {"held-out images": x_test, **samples(x, itr)}.items():
        sure = classifier.confidence(images)
        distance = frechet_distance(classifier.features(x), classifier.features(images))
        rows.append([kind, f"{sure.mean():.3f}", f"{np.mean(sure > 0.9):.3f}", f"{distance:.1f}"])
        print("  ".join(rows[-1]), flush=True)
    header = ["images", "mean confidence", "share above 0.9", "Frechet distance"]
    return f"The classifier's accuracy on held-out images is {accuracy:.3f}.\n\n{markdown(header, rows)}"


def samples(x: np.ndarray, itr: int) -> dict[str, np.ndarray]:
    """Means of p(x|z) at codes from the prior and from mixtures, of one VAE that learnt `x`."""
    from kvae.sklearn import VAETransformer
    from kvae.uses.evaluation.code_mixture import fit_codes
    from kvae.uses.evaluation.encoding import evenly_spread

    vae = VAETransformer(likelihood="bernoulli", scale="none", itr=itr, random_state=0, **MODEL).fit(x)
    rng = np.random.default_rng(0)
    found = {"prior": vae.inverse_transform(rng.standard_normal((N, MODEL["latent_dim"])).astype(np.float32))}
    codes = vae.transform(x[evenly_spread(len(x), 5_000)])
    for n_components in COMPONENTS:
        z = fit_codes(codes, n_components, seed=0).sample(N, rng)
        found[f"mixture of {n_components}"] = vae.inverse_transform(z.astype(np.float32))
    return found


class Classifier:
    """A classifier with one hidden layer, trained on images `(n, pixels)` and their digits."""

    def __init__(self, x: np.ndarray, y: Any) -> None:
        from sklearn.neural_network import MLPClassifier

        self.network = MLPClassifier((128,), early_stopping=True, max_iter=100, random_state=0).fit(x, y)

    def classes(self, x: np.ndarray) -> np.ndarray:
        """The digit of every image, `(n,)`."""
        return self.network.predict(x)

    def confidence(self, x: np.ndarray) -> np.ndarray:
        """The probability of the predicted digit, `(n,)`."""
        return self.network.predict_proba(x).max(axis=1)

    def features(self, x: np.ndarray) -> np.ndarray:
        """Activations of the hidden layer, `(n, 128)`."""
        return np.maximum(x @ self.network.coefs_[0] + self.network.intercepts_[0], 0.0)


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared Frechet distance of the Gaussians with the moments of two sets of features, each `(n, d)`."""
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    # The eigenvalues of cov_a cov_b are those of a positive semidefinite matrix: no matrix root is needed.
    roots = np.sqrt(np.clip(np.linalg.eigvals(cov_a @ cov_b).real, 0.0, None))
    difference = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(difference + np.trace(cov_a) + np.trace(cov_b) - 2.0 * roots.sum())
