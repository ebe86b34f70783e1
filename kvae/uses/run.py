"""A run that the command line learnt, used from Python: in the data's own units and names."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.stored import Rows
from kvae.data.table import decode
from kvae.errors import InputError
from kvae.model import VAE
from kvae.options.arguments import check_count, check_flag, check_seed
from kvae.runs import RunFolder, network_of
from kvae.uses.observations import in_model_units, in_their_form
from kvae.uses.opened import Opened, open_folder
from kvae.uses.scores import anomaly_scores
from kvae.vae.inference import check_draw


def open_run(folder: str | Path, prior: Callable[..., Any] | None = None) -> "Run":
    """Open the folder of a finished run that `python run.py` learnt, such as `outputs/vae/learn/<time>/`.

    No code from the folder is run. If its networks have layers of your own, import the module that registers them
    first. If it was learnt with a prior of your own, pass the class or function that `prior._target_` named as
    `prior`.

    Raises:
        TypeError: When `folder` is not a path.
        ValueError: When it is not a finished learnt run, or its files are damaged, or a later kvae wrote them.
    """
    if not isinstance(folder, str | os.PathLike):
        raise TypeError(f"`folder` must be the path of a learnt run. Received: {folder!r}")
    run = RunFolder(folder)
    if not (run.finished and (run.vae.model.is_file() or network_of(run))):
        raise InputError(
            "`folder` must be that of a finished run of mode=learn, which prints it at its end. "
            f"Received: {folder} (looked in {Path.cwd()})"
        )
    if run.record.exists():
        run.read_run()  # raises if a later kvae wrote the folder: see `kvae.runs.version`
    return Run(open_folder(run, prior))


@dataclass(frozen=True)
class Run:
    """A learnt run. It takes observations `x` in the form and units of the data, before any scaling:

    - an array `(n, *data_shape)`, its columns in the order of `columns`;
    - a DataFrame of pandas, polars or another library with those columns, in any order and among others;
    - a path, read as `data=file data.path=...` (or `data=images`) with the keys that the run was learnt with.

    Results in the shape of observations are in the data's units: a DataFrame with the same rows where `x` is one,
    else an array.

    For a run of data=table, DataFrames hold the table's own text, dates and gaps; arrays hold category indices and
    NaN. The result is always a DataFrame with the table's columns, categories and decimals: of the library of `x`
    if that is a DataFrame, else of polars.
    """

    opened: Opened

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.model.data_shape))
        return f"<run {self.folder}: observations of {shape}, latent_dim {self.model.latent_dim}>"

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.opened.folder.path

    @property
    def model(self) -> VAE:
        """The learnt model. It takes arrays in its own units: scaled and binarised as in the run."""
        return self.opened.vae

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of a table's columns, in the model's order; None where they have none."""
        return self.opened.spec.columns

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The metrics of the run, from `metrics.json`."""
        return self.opened.folder.read_metrics()

    def encode(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of every observation: `z_mean` and `z_log_var`, each `(n, latent_dim)`.

        Draws nothing, unless the run learnt with `data.binarize=dynamic`: then observations are drawn once, from
        the run's seed, as recognition draws them.
        """
        return self.model.encode(self._taken(x))

    def decode(self, z: Any) -> Any:
        """Mean of p(x|z) in the data's units, `(n, *data_shape)`, of codes `(n, latent_dim)`. Draws nothing.

        In a table of mixed kinds, a column of categories has its most probable category.
        """
        return self._in_data_units(self.model.decode(z))

    def reconstruct(self, x: Any) -> Any:
        """Mean of p(x|z) at the posterior mean of every `x`, in the data's units. Draws as `encode` does."""
        return in_their_form(x, self._in_data_units(self.model.reconstruct(self._taken(x))), self.opened.spec)

    def generate(
        self,
        n: int,
        seed: int = 0,
        draw: str | None = None,
        *,
        where: Mapping[str, Any] | str | None = None,
        sampler: str | None = None,
        gaps: bool = True,
        draw_label: str = "sample",
    ) -> Any:
        """New observations in the data's units, `(n, *data_shape)`; of a table of mixed kinds a DataFrame.

        They are means of p(x|z) at codes drawn from the prior or, with `draw="sample"`, draws from p(x|z). The
        latter is the default for a table of mixed kinds, since rows of means and most probable categories do not
        look like real rows. Where modules were learnt above the VAE, they send the prior, as in `mode=generate`.

        Args:
            n: Number of observations.
            seed: Seed of the draws.
            draw: `mean` or `sample`; None: `sample` for a table of mixed kinds, else `mean`.
            where: Conditions that all rows of a table meet, by column name: `{"sex": "female", "age": ">60"}`, as
                `mode.where` of `mode=generate` (docs/generate.md).
            sampler: For a table, the source of codes: `prior`, or `gmm`, a mixture fitted to the codes of the
                learnt rows, which are read for it. None: the mixture, unless a module above the VAE has a prior,
                or, with a warning, the rows cannot be read.
            gaps: For a table, whether values are missing in drawn rows as in similar learnt rows; False: none is
                missing, but those that were learnt with `data.missing=learn`.
            draw_label: For a table with a learnt label: `sample`, or `likeliest`: the same labels, each given to
                the rows that it is likeliest for (docs/generate.md).

        Raises:
            ValueError: For arguments out of range, and for conditions that do not fit the table or that no row of
                the model meets.
        """
        check_count("n", n)
        check_seed(seed)
        table = self.opened.spec.table
        draw = ("mean" if table is None else "sample") if draw is None else draw
        check_draw(draw)
        check_flag("gaps", gaps)
        if table is not None:
            from kvae.uses.new_rows import new_table

            return new_table(self.opened, n, seed, draw, where, sampler, gaps, draw_label)
        if where is not None or sampler is not None or draw_label != "sample":
            raise InputError("`where`, `sampler` and `draw_label` are for runs that learnt a table (data=table)")
        z = self.opened.network.sample_prior(n, np.random.default_rng(seed))
        if draw == "sample":
            return self._in_data_units(self.model.sample_likelihood(z.astype(np.float32), seed))
        return self.decode(z)

    def impute(
        self, x: Any, n: int = 1, draw: str | None = None, n_samples: int | None = None, seed: int = 0
    ) -> Any:
        """A table of mixed kinds with its gaps filled, given the other values of each row.

        Args:
            x: A DataFrame with the columns that were learnt, in any order and among others.
            n: Number of imputations of every row; with more than one, a list of DataFrames is returned.
            draw, n_samples, seed: As in `kvae.uses.imputation.impute`.

        Returns:
            A DataFrame like `x`, of the same rows and columns; known values are not changed. Columns keep their
            types, and columns of categories get those that they lack.

        Raises:
            ValueError: For arguments out of range, for columns that are missing or whose type cannot hold the
                values to fill, and for runs of other data.
        """
        from kvae.uses.imputation.frames import fill

        rows = np.asarray(self._taken(x)) if self.opened.spec.table is not None else np.empty(0)
        found = fill(self.opened, x, rows, n, draw, n_samples, seed)
        return found if n > 1 else found[0]

    def score(self, x: Any, score: str = "elbo", n_samples: int | None = None, seed: int = 0) -> np.ndarray:
        """Anomaly score of every observation in nats of the scaled data, `(n,)`: the larger, the more unusual.

        As `mode=detect` scores it, under the messages of the modules that were learnt with it;
        `kvae.uses.scores.anomaly_scores` explains the arguments. Draws, from `seed`, only with `n_samples` or
        `score="nll"`, and as `encode` does.
        """
        taken = self._taken(x)
        message = self.opened.messages(taken)
        prior = None if message is None else message.as_prior()
        return anomaly_scores(self.model, taken, score, n_samples, prior, seed)

    def compress(
        self,
        x: Any,
        *,
        rows_per_chunk: int | None = None,
        with_model: bool = False,
        lossy: bool = False,
        bits: int | None = None,
    ) -> bytes:
        """Compress observations to an archive, as `mode=compress` writes it; returns its bytes.

        They are coded under the messages of the modules that were learnt above the VAE. `kvae.uses.compress`
        explains the arguments. Draws as `encode` does.

        Raises:
            ValueError: For values that the likelihood does not have, and for models that cannot code.
        """
        from kvae.uses.compression.api import compress

        return compress(self, x, rows_per_chunk=rows_per_chunk, with_model=with_model, lossy=lossy, bits=bits)

    def decompress(self, data: Any, *, rows: tuple[int, int] | None = None, salvage: bool = False) -> Any:
        """Restore what `compress` was given from the archive `data`: bytes, or the path of a file. Draws nothing.

        `kvae.uses.decompress` explains the arguments.

        Raises:
            ValueError: For an archive of another model, or one that is damaged.
        """
        from kvae.uses.compression.api import decompress

        return decompress(self, data, rows=rows, salvage=salvage)

    def _taken(self, x: Any) -> Rows:
        return in_model_units(x, self.opened.spec, self.opened.plain.get("data") or {}, self.opened.seed)

    def _in_data_units(self, x: np.ndarray) -> Any:
        spec = self.opened.spec
        return spec.scaling.invert(x) if spec.table is None else decode(x, spec.table)
