"""One part of the bundled digits told from the others: experts beside means, neighbours and one VAE."""

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
# Keys that differ from the defaults, as the tables call them.
KEYS: dict[str, dict[str, Any]] = {
    "align=false": {"align": False},
    "divide=messages": {"divide": "messages"},
    "message=mean": {"message": "mean"},
    "damping=0.3": {"damping": 0.3},
    "weights 0.5": {"weights": [0.5] * 4},
}

Predict = Callable[[int], np.ndarray]


class Digits:
    """The bundled digits in parts, and a classifier of each part that learnt from real ones."""

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
        """Squared error of held-out parts as predicted from the others, and the share that is named right."""
        errors, shares = [], []
        for j, (part, classifier) in enumerate(zip(self.parts, self.classifiers, strict=True)):
            predicted = predict(j)
            errors.append(np.mean(np.sum((predicted - part[self.test]) ** 2, axis=1)))
            shares.append(np.mean(classifier.predict(predicted) == self.labels[self.test]))
        return float(np.mean(errors)), float(np.mean(shares))


def mean_image(digits: Digits) -> tuple[float, float]:
    """The mean of the learning rows, for all."""
    return digits.score(lambda j: np.tile(digits.parts[j][digits.train].mean(axis=0), (HELD_OUT, 1)))


def neighbours(digits: Digits, k: int = 10) -> tuple[float, float]:
    """The mean of the nearest learning rows."""
    from sklearn.neighbors import KNeighborsRegressor

    def predict(j: int) -> np.ndarray:
        others = digits.others(j)
        search = KNeighborsRegressor(k).fit(others[digits.train], digits.parts[j][digits.train])
        return search.predict(others[digits.test])

    return digits.score(predict)


def real(digits: Digits) -> tuple[float, float]:
    """The parts themselves: what the classifiers name right of real ones."""
    return digits.score(lambda j: digits.parts[j][digits.test])


def whole(digits: Digits, seed: int) -> tuple[float, float]:
    """One VAE on whole digits; the missing part is its mean under draws from the prior, weighted by the others."""
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
    """A VAE on each array, with seeds as a network of the command line gives them."""
    vaes = []
    for j, x in enumerate(data):
        vae = srk.VAE(LATENT, itr=ITR, batch_size=BATCH, name=f"vae{j + 1}", seed=seed + j, checkpoint=None)
        vae.connect(srk.Observation(x, folder=tempfile.gettempdir()))
        vaes.append(vae)
    return vaes


def rounds_of(digits: Digits, seed: int, kinds: Sequence[str], **keywords: Any) -> Iterator[list[list[float]]]:
    """What experts of the first kind learn in each round, measured as each of the kinds would have it."""
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
    """Squared error, share named right, and the neighbours' accuracy of held-out joint codes."""
    other = copy.copy(experts)
    other.kind = kind
    other.take(other.infer_from(codes))  # of the learning rows: joint codes of this kind
    held_out = [vae.model.encode(part[digits.test]) for vae, part in zip(vaes, digits.parts, strict=True)]
    found = other.infer_from([Sent(mean, np.exp(log_var)) for mean, log_var in held_out])
    error, share = digits.score(lambda j: vaes[j].model.decode(found.backward[j].mean.astype(np.float32)))
    accuracy = other.measure(found.forward, digits.labels[digits.test])["knn_accuracy"]
    return [error, share, accuracy]


def halves(seeds: int = 5) -> str:
    """All kinds, which send the same where there are two modalities: they are trained together."""
    return table("halves", seeds, [KINDS])


def quarters(seeds: int = 5) -> str:
    """Each kind, trained on its own."""
    return table("quarters", seeds, [(kind,) for kind in KINDS])


def table(parts: str, seeds: int, trained: Sequence[Sequence[str]]) -> str:
    """Experts round by round, and what else predicts; the kinds of a group are trained by its first."""
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
    """What each key of experts does to quarters under `poe`, after all rounds."""
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
