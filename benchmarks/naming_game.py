"""Two agents name digits that they see at 0 and 45 degrees: the game, accepting all, and no communication."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.table import markdown

ANGLES = {"a": 0, "b": 45}
ROWS = 10_000
COMMUNICATION = ("game", "all", "none")
REPORTED = ("ari_gmm_a", "ari_gmm_b", "accuracy_gmm_a", "accuracy_gmm_b", "kappa", "kappa_alone", "acceptance")


@dataclass(frozen=True)
class Settings:
    """The settings of the network, as in `conf/experiment/naming_game.yaml`."""

    rounds: int = 3
    K: int = 10
    sweeps: int = 50
    vae: dict[str, Any] = field(
        default_factory=lambda: {
            "latent_dim": 12,
            "itr": 25,
            "batch_size": 128,
            "hidden_encoder_dim": [400, 400],
            "hidden_decoder_dim": [400, 400],
            "weight_stddev": None,
        }
    )
    gmm: dict[str, Any] = field(default_factory=lambda: {"equal_weights": True, "ridge": 0.05})


def mnist(repeats: int, path: str) -> str:
    """The table of MNIST's first 10,000 learning digits, from a file in Keras's layout."""
    with np.load(path) as arrays:
        x, y = arrays["x_train"][:ROWS].astype(np.float32) / 255, arrays["y_train"][:ROWS]
    return table(x, y, repeats, Settings())


def table(x: np.ndarray, y: np.ndarray, repeats: int, settings: Settings) -> str:
    """Means and standard deviations over seeds of the metrics after the last round, by communication."""
    rows = []
    for communication in COMMUNICATION:
        found, seconds = [], []
        for seed in range(repeats):
            began = time.perf_counter()
            *_, last = learnt(x, y, communication, seed, settings)
            found.append(last)
            seconds.append(time.perf_counter() - began)
            print(f"{communication}  seed {seed}  {told(last)}  {seconds[-1]:.0f} s", flush=True)
        cells = [spread([one[name] for one in found if name in one]) for name in REPORTED]
        rows.append([communication, *cells, f"{np.mean(seconds):.0f}"])
    return markdown(["communication", *REPORTED, "seconds a seed"], rows)


def learnt(
    x: np.ndarray, y: np.ndarray, communication: str, seed: int, settings: Settings
) -> Iterator[dict[str, float]]:
    """Metrics of the game after each round; `x` are images `(n, height, width)` in [0, 1], `y` their labels."""
    from scipy.ndimage import rotate

    import kvae.modules as srk

    with TemporaryDirectory() as folder:
        agents: list[Any] = []
        modules: list[Any] = []
        for place, (name, angle) in enumerate(ANGLES.items()):
            view = np.clip(rotate(x, angle, axes=(2, 1), reshape=False, order=1), 0, 1) if angle else x
            vae = srk.VAE(name=f"vae_{name}", seed=seed + place, folder=Path(folder), lines=0, **settings.vae)
            gmm = srk.GMM(settings.K, name=f"gmm_{name}", seed=seed, **settings.gmm)
            vae.connect(srk.Observation(view.reshape(len(view), -1)))
            gmm.connect(vae)
            agents.append(gmm)
            modules += [vae, gmm]
        game = srk.NamingGame(settings.K, communication, settings.sweeps, category=y, seed=seed)
        game.connect(*agents)
        for _ in range(settings.rounds):
            for module in (*modules, game):
                module.update(write=False)
            yield {**game.measure(), **game.progress()}


def spread(values: list[float]) -> str:
    """A mean and a standard deviation; a dash without values."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}" if values else "-"


def told(measured: dict[str, float]) -> str:
    """The reported metrics in one line."""
    return "  ".join(f"{name} {measured[name]:.3f}" for name in REPORTED if name in measured)
