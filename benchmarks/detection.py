"""One-class detection: one digit is learnt, and the others are anomalies (area under the ROC curve)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.table import markdown

Detector = Callable[[dict[str, Any], int, np.ndarray, np.ndarray], np.ndarray]

# One configuration per data set, for all digits; all other parameters are the detector's defaults.
DIGITS = {
    "likelihood": "gaussian",
    "latent_dim": 20,
    "hidden_encoder_dim": 800,
    "hidden_decoder_dim": 800,
    "itr": 200,
    "batch_size": 64,
}
MNIST = {
    "likelihood": "gaussian_learnt",
    "latent_dim": 32,
    "hidden_encoder_dim": 400,
    "hidden_decoder_dim": 400,
    "itr": 80,
    "batch_size": 128,
}
PCA_VARIANCE = 0.95


@dataclass(frozen=True)
class Case:
    """A data set and kvae's parameters for it.

    Attributes:
        name: The name of the data set in the table.
        x, x_test: Learning and test images, `(n, pixels)`.
        y, y_test: The digits on the images.
        parameters: The parameters of `VAEDetector`.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    parameters: dict[str, Any]


def kvae_detector(parameters: dict[str, Any], seed: int, x: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Anomaly scores of `x_test` by kvae's detector."""
    from kvae.sklearn import VAEDetector

    return -VAEDetector(scale="none", random_state=seed, **parameters).fit(x).score_samples(x_test)


def pyod_defaults(parameters: dict[str, Any], seed: int, x: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Anomaly scores of `x_test` by PyOD's VAE with its defaults."""
    return pyod_scores(x, x_test, random_state=seed)


def pyod_like_kvae(parameters: dict[str, Any], seed: int, x: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Anomaly scores of `x_test` by PyOD's VAE with kvae's sizes, passes and batches."""
    return pyod_scores(
        x,
        x_test,
        random_state=seed,
        latent_dim=parameters["latent_dim"],
        encoder_neuron_list=[parameters["hidden_encoder_dim"]],
        decoder_neuron_list=[parameters["hidden_decoder_dim"]],
        epoch_num=parameters["itr"],
        batch_size=parameters["batch_size"],
        dropout_rate=0.0,
        preprocessing=False,
    )


def pyod_scores(x: np.ndarray, x_test: np.ndarray, **parameters: Any) -> np.ndarray:
    """Anomaly scores of `x_test` by PyOD's VAE."""
    import torch
    from pyod.models.vae import VAE

    torch.set_num_threads(1)  # two threads are many times slower: small operations wait for each other
    return VAE(verbose=0, **parameters).fit(x).decision_function(x_test)


def isolation_forest(parameters: dict[str, Any], seed: int, x: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Anomaly scores of `x_test` by scikit-learn's isolation forest with its defaults."""
    from sklearn.ensemble import IsolationForest

    return -IsolationForest(random_state=seed).fit(x).score_samples(x_test)


def pca(parameters: dict[str, Any], seed: int, x: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Squared error of the reconstruction from the principal components that keep `PCA_VARIANCE`."""
    from sklearn.decomposition import PCA

    components = PCA(PCA_VARIANCE, random_state=seed).fit(x)
    return np.sum((x_test - components.inverse_transform(components.transform(x_test))) ** 2, axis=1)


DETECTORS: dict[str, Detector] = {
    "kvae": kvae_detector,
    "PyOD VAE": pyod_defaults,
    "PyOD VAE, kvae's sizes": pyod_like_kvae,
    "isolation forest": isolation_forest,
    f"PCA, {PCA_VARIANCE:.0%}": pca,
}


def digits(repeats: int) -> str:
    """The table of scikit-learn's bundled digits, pixels from 0 to 16."""
    from sklearn.datasets import load_digits

    bundled = load_digits()
    x, y = bundled.data.astype(np.float32), bundled.target
    n = 1437  # the last fifth is held out, as on the command line: digits by other writers
    return table(Case("The bundled digits", x[:n], y[:n], x[n:], y[n:], DIGITS), repeats)


def mnist(repeats: int, path: str) -> str:
    """The table of MNIST, pixels from 0 to 1, from a file in Keras's layout."""
    with np.load(path) as arrays:
        x, x_test = (flat(arrays[name]) / 255 for name in ("x_train", "x_test"))
        return table(Case("MNIST", x, arrays["y_train"], x_test, arrays["y_test"], MNIST), repeats)


def flat(images: np.ndarray) -> np.ndarray:
    """Images as rows `(n, pixels)`."""
    return np.asarray(images, np.float32).reshape(len(images), -1)


def table(case: Case, repeats: int) -> str:
    """Mean areas over `repeats` seeds, per digit and over all digits, and notes on missing detectors."""
    areas, seconds, missing = measure(case, repeats)
    names = list(areas)
    rows = [[str(digit), *(f"{areas[name][:, digit].mean():.3f}" for name in names)] for digit in range(10)]
    rows.append(["mean", *(f"{areas[name].mean():.4f}" for name in names)])
    spread = [areas[name].mean(axis=1) for name in names]
    if repeats > 1:
        rows.append(["seeds' means", *(f"{means.min():.4f} to {means.max():.4f}" for means in spread)])
    rows.append(["seconds a digit", *(f"{seconds[name] / (10 * repeats):.1f}" for name in names)])
    settings = ", ".join(f"{name}={value!r}" for name, value in case.parameters.items())
    counts = f"{len(case.x)} learning images (those of the digit are learnt), {len(case.x_test)} test images"
    notes = [f"Not measured: {name} ({why} is missing)" for name, why in missing.items()]
    return "\n\n".join([f"{case.name}: {counts}; `{settings}`.", markdown(["normal", *names], rows), *notes])


def measure(case: Case, repeats: int) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, str]]:
    """Areas `(repeats, 10)` and total seconds of every detector, in turn; and what is missing for others."""
    from sklearn.metrics import roc_auc_score

    areas: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    missing: dict[str, str] = {}
    for seed, digit in np.ndindex(repeats, 10):
        for name in [name for name in DETECTORS if name not in missing]:
            began = time.perf_counter()
            try:
                scores = DETECTORS[name](case.parameters, seed, case.x[case.y == digit], case.x_test)
            except ModuleNotFoundError as error:
                missing[name] = str(error.name)
                continue
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
            area = roc_auc_score(case.y_test != digit, scores)
            areas.setdefault(name, np.zeros((repeats, 10)))[seed, digit] = area
            print(f"{case.name}  seed {seed}  {digit}  {name}  {area:.4f}", flush=True)
    return {name: areas[name] for name in DETECTORS if name in areas}, seconds, missing
