"""A part of the bundled digits predicted from the others: experts beside means, neighbours and one VAE."""

import copy
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import kvae.modules as srk
from benchmarks.table import markdown
from kvae.modules.hooks import Sent

HELD_OUT, ROUNDS = 360, 5
LATENT, ITR, BATCH = 10, 100, 128
DRAWS = 20_000
PARTS = {
    "halves": [(0, 0, 4, 8), (4, 0, 4, 8)],
    "quarters": [(0, 0, 4, 4), (0, 4, 4, 4), (4, 0, 4, 4), (4, 4, 4, 4)],
}
KINDS = ("poe", "moe", "mopoe")
# Keys that differ from the defaults, by their names in the tables.
KEYS: dict[str, dict[str, Any]] = {
    "align=false": {"align": False},
    "divide=messages": {"divide": "messages"},
    "message=mean": {"message": "mean"},
    "damping=0.3": {"damping": 0.3},
    "weights 0.5": {"weights": [0.5] * 4},
}

Predict = Callable[[int], np.ndarray]


class Digits:
    """The bundled digits in parts, and a classifier of each part that is trained on real ones."""

    def __init__(self, parts: str) -> None:
        from sklearn.datasets import load_digits
        from sklearn.svm import SVC

        images, labels = load_digits().images / 16.0, load_digits().target
        order = np.random.default_rng(0).permutation(len(images))
        self.test, self.train = order[:HELD_OUT], order[HELD_OUT:]
        self.labels = labels
        self.parts = [
            images[:, top : top + height, left : left + width].reshape(len(images), -1).astype(np.float32)
            for top, left, height, width in PARTS[parts]
        ]
        self.classifiers = [SVC(C=10).fit(part[self.train], labels[self.train]) for part in self.parts]

    def others(self, j: int) -> np.ndarray:
        """All parts but one, side by side."""
        return np.concatenate([part for i, part in enumerate(self.parts) if i != j], axis=1)

    def score(self, predict: Predict) -> tuple[float, float]:
        """The squared error of held-out parts predicted from the others, and the share classified correctly."""
        errors, shares = [], []
        for j, (part, classifier) in enumerate(zip(self.parts, self.classifiers, strict=True)):
            predicted = predict(j)
            errors.append(np.mean(np.sum((predicted - part[self.test]) ** 2, axis=1)))
            shares.append(np.mean(classifier.predict(predicted) == self.labels[self.test]))
        return float(np.mean(errors)), float(np.mean(shares))


def mean_image(digits: Digits) -> tuple[float, float]:
    """The score of the mean of the learning rows as the prediction for all rows."""
    return digits.score(lambda j: np.tile(digits.parts[j][digits.train].mean(axis=0), (HELD_OUT, 1)))


def neighbours(digits: Digits, k: int = 10) -> tuple[float, float]:
    """The score of the mean of the nearest learning rows."""
    from sklearn.neighbors import KNeighborsRegressor

    def predict(j: int) -> np.ndarray:
        others = digits.others(j)
        search = KNeighborsRegressor(k).fit(others[digits.train], digits.parts[j][digits.train])
        return search.predict(others[digits.test])

    return digits.score(predict)


def real(digits: Digits) -> tuple[float, float]:
    """The score of the real parts: the accuracy of the classifiers."""
    return digits.score(lambda j: digits.parts[j][digits.test])


def whole(digits: Digits, seed: int) -> tuple[float, float]:
    """The score of one VAE on whole digits, by draws from the prior that are weighted by the other parts."""
    everything = np.concatenate(digits.parts, axis=1)
    model = learnt_vaes([everything[digits.train]], seed)[0]
    for _ in range(ROUNDS):
        model.update(write=False)
    z = np.random.default_rng(seed).standard_normal((DRAWS, LATENT)).astype(np.float32)
    p = np.clip(model.model.decode(z), 1e-6, 1 - 1e-6)
    stops = np.cumsum([0, *(part.shape[1] for part in digits.parts)])

    def predict(j: int) -> np.ndarray:
        gone = slice(stops[j], stops[j + 1])
        seen, x = np.delete(p, gone, axis=1), digits.others(j)[digits.test]
        log_w = x @ np.log(seen).T + (1 - x) @ np.log(1 - seen).T
        w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
        return (w / w.sum(axis=1, keepdims=True)) @ p[:, gone]

    return digits.score(predict)


def learnt_vaes(data: list[np.ndarray], seed: int) -> list[srk.VAE]:
    """A VAE on each array, with the seeds that a network of the command line uses."""
    vaes = []
    for j, x in enumerate(data):
        vae = srk.VAE(LATENT, itr=ITR, batch_size=BATCH, name=f"vae{j + 1}", seed=seed + j, checkpoint=None)
        vae.connect(srk.Observation(x, folder=tempfile.gettempdir()))
        vaes.append(vae)
    return vaes


def rounds_of(digits: Digits, seed: int, kinds: Sequence[str], **keywords: Any) -> Iterator[list[list[float]]]:
    """Train experts of the first kind; gives after each round the measures under each of the kinds."""
    vaes = learnt_vaes([part[digits.train] for part in digits.parts], seed)
    experts = srk.Experts(kinds[0], **keywords)
    experts.connect(*vaes)
    experts.know(digits.labels[digits.train])
    for _ in range(ROUNDS):
        for vae in vaes:
            vae.update(write=False, reconstruct=False)
        experts.update(write=False)
        codes = [Sent(vae.get_forward_msg(), vae.get_forward_var()) for vae in vaes]
        yield [measured(digits, vaes, experts, codes, kind) for kind in kinds]


def measured(digits: Digits, vaes: list, experts: srk.Experts, codes: list[Sent], kind: str) -> list[float]:
    """The squared error, the share classified correctly, and the neighbours' accuracy of held-out joint codes."""
    other = copy.copy(experts)
    other.kind = kind
    other.take(other.infer_from(codes))  # joint codes of the learning rows under this kind
    held_out = [vae.model.encode(part[digits.test]) for vae, part in zip(vaes, digits.parts, strict=True)]
    found = other.infer_from([Sent(mean, np.exp(log_var)) for mean, log_var in held_out])
    error, share = digits.score(lambda j: vaes[j].model.decode(found.backward[j].mean.astype(np.float32)))
    accuracy = other.measure(found.forward, digits.labels[digits.test])["knn_accuracy"]
    return [error, share, accuracy]


def halves(seeds: int = 5) -> str:
    """The table for halves. With two modalities all kinds send the same messages, so they are trained together."""
    return table("halves", seeds, [KINDS])


def quarters(seeds: int = 5) -> str:
    """The table for quarters, with each kind trained on its own."""
    return table("quarters", seeds, [(kind,) for kind in KINDS])


def table(parts: str, seeds: int, trained: Sequence[Sequence[str]]) -> str:
    """A table of experts by round and of other predictions; a group of kinds is trained with its first kind."""
    digits = Digits(parts)
    rows = [
        [name, "", f"{error:.2f}", f"{share:.3f}", ""]
        for name, (error, share) in (
            ("the real parts", real(digits)),
            ("mean image", mean_image(digits)),
            ("mean of 10 nearest neighbours", neighbours(digits)),
        )
    ]
    found = np.array([whole(digits, seed) for seed in range(seeds)])
    rows.append(["one VAE on the whole, by importance", "", *spread(found), ""])
    for together in trained:
        results = np.array([list(rounds_of(digits, seed, together)) for seed in range(seeds)])
        for place, kind in enumerate(together):
            rows += [[kind, str(i + 1), *spread(results[:, i, place])] for i in range(ROUNDS)]
            print("\n".join("  ".join(row) for row in rows[-ROUNDS:]), flush=True)
    return markdown([parts, "rounds", "squared error", "named right", "joint codes, neighbours"], rows)


def keys(seeds: int = 5) -> str:
    """The table of the effect of each key of experts, for quarters and `poe`, after all rounds."""
    digits, rows = Digits("quarters"), []
    for name, keywords in KEYS.items():
        results = np.array([list(rounds_of(digits, seed, ("poe",), **keywords)) for seed in range(seeds)])
        rows.append([name, *spread(results[:, -1, 0])])
        print("  ".join(rows[-1]), flush=True)
    return markdown(["quarters, poe", "squared error", "named right", "joint codes, neighbours"], rows)


def spread(values: np.ndarray) -> list[str]:
    """Means over seeds `(seeds, numbers)` with their standard deviations."""
    digits = itertools.chain([2], itertools.repeat(3))
    return [
        f"{mean:.{places}f} ± {sd:.{places}f}"
        for mean, sd, places in zip(values.mean(axis=0), values.std(axis=0), digits, strict=False)
    ]
