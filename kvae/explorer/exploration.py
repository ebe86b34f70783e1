"""Collecting observations and codes while a run processes its rows, and writing them for the report."""

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from keras import ops

from kvae import objective
from kvae.data import InputSpec, Part
from kvae.errors import WriteError
from kvae.explorer.decoding import Probabilities, decoding_of
from kvae.explorer.forms import form_of, with_own_categories
from kvae.explorer.labels import labels_of
from kvae.explorer.observations import MANY_BYTES, as_observations, bytes_of_one, is_image, shrunk, thinning
from kvae.explorer.plane import plane_of
from kvae.explorer.program import Program
from kvae.explorer.translation import UntranslatedError
from kvae.networks.forward import with_training
from kvae.plots.style import grey_map
from kvae.plots.text import plain
from kvae.runs import ModuleFolder

log = logging.getLogger(__name__)

VERSION = 1
ELBO = "the negative ELBO at the posterior mean"
MANY_ROWS, MANY_NUMBERS = 10_000, 500_000
# Rows per batch, and how many reconstructions the page compares with its own.
BATCH, CHECKS = 1024, 2
# Labels with more classes are used only as numbers.
MANY_CLASSES = 1000


class Exploration:
    """Collects evenly spaced rows while a run processes all, and writes the explorer's file.

    A failure is a warning, and does not end the run. Draws no random numbers.

    Args:
        vae: The model.
        part: The rows.
        spec: The shape, scaling and columns that the model expects.
        prior: The inputs of `kvae.VAE` besides `x`, an array of all rows by name; empty for N(0, I); None if not
            known yet, and then there are no scores.
        among: Which rows may be collected, as booleans `(n,)`; None: all.

    Attributes:
        rows: The numbers of the collected rows.
    """

    def __init__(
        self,
        vae: Any,
        part: Part,
        spec: InputSpec,
        prior: Mapping[str, np.ndarray] | None,
        among: np.ndarray | None = None,
    ) -> None:
        self.vae, self.part, self.spec, self.prior = vae, part, spec, prior
        self.score = ELBO
        most = min(MANY_ROWS, MANY_NUMBERS // vae.latent_dim, MANY_BYTES // bytes_of_one(spec.shape))
        there = np.arange(len(part)) if among is None else np.flatnonzero(among)
        n = len(there)
        self.rows = there[np.unique(np.linspace(0, n - 1, min(n, max(1, most))).astype(int))]
        self.z: list[np.ndarray] = []
        self.x: list[np.ndarray] = []
        self.kl: list[np.ndarray] = []
        self.scores: list[np.ndarray] = []
        self.checks: tuple[np.ndarray, np.ndarray] | None = None
        self.x_hat: list[np.ndarray] = []
        self.failed = False
        self.program: Program | None = None
        self.where: dict[int, Probabilities] = {}
        self.why = ""
        with self.guarded():
            try:
                self.program, self.where = decoding_of(vae)
            except UntranslatedError as why:
                self.why = f"the decoder {why}"

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn an error in the block into a warning, after which nothing is written."""
        try:
            yield
        except WriteError:
            raise
        except Exception as error:
            self.failed = True
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            log.warning("warning: the report is made without its explorer (%s)", reason)
            log.debug("why the report has no explorer", exc_info=True)

    def add(self, start: int, x: np.ndarray, z_mean: np.ndarray, z_log_var: np.ndarray, x_hat: Any) -> None:
        """Collect the wanted ones of rows from `start` on, with their posteriors, and reconstructions if given."""
        here = self.rows[(self.rows >= start) & (self.rows < start + len(x))] - start
        if self.failed or len(here) == 0:
            return
        with self.guarded():
            if self.checks is None and x_hat is not None:
                self.checks = z_mean[here[:CHECKS]], np.array(x_hat[here[:CHECKS]], np.float32)
            prior = None if self.prior is None else {name: it[here + start] for name, it in self.prior.items()}
            self.keep(x[here], z_mean[here], z_log_var[here], prior, None if x_hat is None else x_hat[here])

    def take(self, x: np.ndarray, prior: Mapping[str, np.ndarray] | None) -> None:
        """Collect all `rows` at once: `x` in the model's units, and the other inputs of `kvae.VAE`."""
        with self.guarded():
            z_mean, z_log_var = self.vae.encode(x)
            self.keep(x, z_mean, z_log_var, prior, None if self.program else self.vae.decode_of(z_mean, x))

    def take_scored(
        self, x: np.ndarray, prior: Mapping[str, np.ndarray] | None, scores: np.ndarray, score: str
    ) -> None:
        """As `take`, for rows with scores `(n,)` of their own; `score` describes them."""
        self.take(x, prior)
        self.scores, self.score = [scores], score

    def keep(
        self,
        x: np.ndarray,
        z_mean: np.ndarray,
        z_log_var: np.ndarray,
        prior: Mapping[str, np.ndarray] | None,
        x_hat: np.ndarray | None,
    ) -> None:
        """Keep rows and their scores, in batches; keep reconstructions only if the page cannot decode."""
        for first in range(0, len(x), BATCH):
            rows = slice(first, first + BATCH)
            self.z.append(z_mean[rows])
            self.x.append(shrunk(x[rows]))
            if self.program is None and x_hat is not None:
                self.x_hat.append(shrunk(x_hat[rows]))
            if prior is not None:
                own = {name: ops.convert_to_tensor(values[rows]) for name, values in prior.items()}
                self.measure(x[rows], z_mean[rows], z_log_var[rows], own)

    def measure(self, x: np.ndarray, z_mean: np.ndarray, z_log_var: np.ndarray, prior: dict[str, Any]) -> None:
        """Compute the KL per dimension, and the score at the posterior mean, of some rows."""
        mean, log_var = ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var)
        mu, cov = prior.get("prior_mu", ops.zeros_like(mean)), prior.get("prior_cov")
        kl = objective.gaussian_kl_per_dim(mean, log_var, mu, cov)
        log_p = with_training(self.vae.log_likelihood, False)(ops.convert_to_tensor(x), mean[None])
        self.scores.append(ops.convert_to_numpy(ops.sum(kl, axis=-1) - log_p[0]))
        if cov is None or cov.ndim == 2:  # with a full covariance the KL is no sum over dimensions
            self.kl.append(ops.convert_to_numpy(kl))

    def write(self, folder: ModuleFolder, mode: str) -> None:
        """Write the collected rows to the explorer's file of a module."""
        folder.explorer.unlink(missing_ok=True)
        if self.failed or not self.z:
            return
        with self.guarded():
            header, arrays = self.contents(mode)
            text = json.dumps(header, ensure_ascii=False, allow_nan=False)
            folder.write_packed(folder.explorer, header=np.array(text), **arrays)

    def contents(self, mode: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The content of the file: plain values, and arrays by name."""
        seen = as_observations(np.concatenate(self.x))
        step = thinning(seen.values)
        self.rows, seen = self.rows[::step], replace(seen, values=seen.values[::step])
        z = np.concatenate(self.z)[::step]
        header: dict[str, Any] = {
            "version": VERSION,
            "mode": mode,
            "score": self.score,
            "n": len(self.part),
            "shape": list(self.spec.shape),
            "thumbnail": list(seen.values.shape[1:]),
            "low": seen.low,
            "high": seen.high,
            "dark_is_high": grey_map() != "gray",
            "plane": plane_of(z),
            "columns": None if self.spec.columns is None else [plain(name) for name in self.spec.columns],
            "forms": None,
            "ids": None if self.part.ids is None else [plain(it, 80) for it in self.part.ids[self.rows]],
        }
        arrays = {"rows": self.rows.astype(np.int32), "z": z.astype(np.float32), "x": seen.values}
        if self.scores:
            arrays |= {"score": np.concatenate(self.scores)[::step].astype(np.float32)}
        if self.kl:
            arrays |= {"kl": np.concatenate(self.kl).mean(axis=0, dtype=np.float64).astype(np.float32)}
        if not is_image(self.spec.shape):
            arrays |= self.units()
        if self.x_hat:  # the page cannot compute the decoder
            x_hat = np.concatenate(self.x_hat)[::step]
            arrays["x_hat"] = as_observations(x_hat, seen.low, seen.high).values
        if self.spec.table is not None:
            own = with_own_categories(self.spec.table.columns, arrays["x"], arrays.get("x_hat"))
            header["forms"] = [form_of(column) for column in own[0]]
            arrays |= {name: rows for name, rows in zip(("x", "x_hat"), own[1:], strict=True) if rows is not None}
        labels = None if self.part.labels is None else self.part.labels[self.rows]
        more = (labels_of(labels), self.decoding())
        for values, found in more:
            header |= values
            arrays |= found
        return header, arrays

    def units(self) -> dict[str, np.ndarray]:
        """The scaling from the model's units to the data's: `value * divisor + offset`."""
        size, scaling = int(np.prod(self.spec.shape)), self.spec.scaling
        found = {"offset": scaling.offset, "divisor": scaling.divisor}
        whole = {name: np.broadcast_to(np.asarray(it, np.float64), self.spec.shape) for name, it in found.items()}
        return {name: it.reshape(size).copy() for name, it in whole.items()}

    def decoding(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The decoder as a program, with two codes and their expected outputs; or why there is none."""
        program, where = self.program, self.where
        if program is None:
            return {"program": None, "why": self.why}, {}
        z, x_hat = self.checks or self.decoded_checks()
        values: dict[str, Any] = {"program": {"steps": program.steps, "outputs": program.outputs}, "why": ""}
        if where:
            values["probabilities"] = [asdict(where[i]) if i in where else None for i in range(self.spec.shape[0])]
        return values, {
            "weights": program.weights,
            "check_z": z.astype(np.float32),
            "check_x": x_hat.reshape(len(z), -1),
        }

    def decoded_checks(self) -> tuple[np.ndarray, np.ndarray]:
        """Two codes and what they decode to."""
        z = self.z[0][:CHECKS]
        return z, np.asarray(self.vae.decode(z), np.float32)
