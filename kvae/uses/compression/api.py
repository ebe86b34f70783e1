"""Compresses observations to bytes that any machine can open, and restores them in their original form."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data import InputSpec
from kvae.data.original.frames import renumbered
from kvae.data.prior_message import as_message
from kvae.data.scaling import Scaling
from kvae.data.stored import Rows
from kvae.errors import InputError
from kvae.model import VAE
from kvae.modules.message import Gaussian
from kvae.options.arguments import check_count, is_integer
from kvae.uses.compression.archive import Reader, Span, Writer
from kvae.uses.compression.archive.source import Bytes
from kvae.uses.compression.kinds import BITS, coder_of, form_of, to_write
from kvae.uses.compression.levels import check_coded
from kvae.uses.compression.model_inside import pack_model, unpack_model
from kvae.uses.compression.streams import check_model, header_of, read_rows, rows_of_chunks, write_rows
from kvae.uses.observations import with_rows_as_came
from kvae.uses.opened import Opened

if TYPE_CHECKING:
    from kvae.uses.run import Run


@dataclass(frozen=True)
class Learnt:
    """A model with what compression needs besides it.

    Attributes:
        vae: The model.
        spec: What it expects of its input.
        keys: If it is the model of a run, the keys of the data that the run learnt; else empty.
        run: The opened run, if it is the model of a run.
    """

    vae: VAE
    spec: InputSpec
    keys: dict[str, Any]
    run: Opened | None = None

    @classmethod
    def of(cls, model: Any) -> "Learnt":
        """Take a VAE or an opened run.

        Raises:
            TypeError: For anything else.
        """
        run = getattr(model, "opened", None)
        if isinstance(run, Opened):
            return cls(run.vae, run.spec, run.plain.get("data") or {}, run)
        if isinstance(model, VAE):
            return cls(model, InputSpec(model.data_shape, Scaling(), "none"), {})
        raise TypeError(
            "`model` must be a kvae.VAE, or a run that kvae.open_run(FOLDER) opened. "
            f"Received: {type(model).__name__}"
        )

    @property
    def seed(self) -> int:
        """Seed of the draws of binary observations."""
        return 0 if self.run is None else self.run.seed

    @property
    def file_digest(self) -> str:
        """SHA-256 of the model's file; empty where it has none."""
        if self.run is None:
            return ""
        return hashlib.sha256(self.run.folder.vae.model.read_bytes()).hexdigest()

    def messages(self, x: Rows, prior_mu: Any, prior_cov: Any) -> Gaussian | None:
        """The prior of every row: the messages of a run's modules, or the given prior; None for N(0, I).

        Raises:
            ValueError: For other shapes or values, and where a prior is given for a run.
        """
        if self.run is not None and (prior_mu is not None or prior_cov is not None):
            raise ValueError("a run has its own prior: leave `prior_mu` and `prior_cov` out, or pass run.model")
        if self.run is not None:
            return self.run.messages(x)
        given = as_message(prior_mu, prior_cov, len(x), self.vae.latent_dim)
        mean = given.get("prior_mu", np.zeros((len(x), self.vae.latent_dim)))
        return Gaussian(mean, given.get("prior_cov")) if given else None


def compress(
    model: "VAE | Run",
    x: Any,
    prior_mu: Any = None,
    prior_cov: Any = None,
    *,
    rows_per_chunk: int | None = None,
    with_model: bool = False,
    lossy: bool = False,
    bits: int | None = None,
) -> bytes:
    """Compress observations with a learnt model, by bits-back coding (Townsend, Bird and Barber 2019), or lossily.

    Draws nothing, except for a run that learnt with `data.binarize=dynamic`: binary observations are drawn once,
    from its seed. Where a run makes observations binary, `decompress` restores the binary ones.

    Args:
        model: A `kvae.VAE`, with `x` in its units; or a run that `kvae.open_run` opened, with `x` in the
            data's own units and form. Its likelihood must be discrete, unless `lossy`.
        x: Observations `(n, *data_shape)`: an array of integers, booleans or floats, a DataFrame of pandas or
            polars with the model's columns, in any order and among others, or, for a run, a path.
        prior_mu: Means `(n, latent_dim)` of the prior of every row; the archive stores them. None: 0.
        prior_cov: Its variances `(n, latent_dim)`, or covariances, of which only the diagonal is used. None: 1.
        rows_per_chunk: Rows that are coded and checked together, and lost together if the archive is damaged.
            None: as many as hold 8 million values, and 10,000 at most.
        with_model: Store the model in the archive as well, so that it opens without another one.
        lossy: Store only rounded posterior means: `decompress` gives means of p(x|z), in the type of `x`. Messages
            are not stored.
        bits: Of lossy compression, from 1 to 16: 2^bits cells span the bulk of the codes of the most informative
            latent dimension; cells of other dimensions are as wide as costs the same error. None: 4.

    Returns:
        The archive as bytes. Written to a file `NAME.kvae`, `python -m kvae.compress info` describes it.

    Raises:
        TypeError: For another model.
        ValueError: For observations that the likelihood does not have, a continuous likelihood (unless `lossy`),
            networks with layers that have no exact counterpart, or other bits.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    learnt = Learnt.of(model)
    check_coded(learnt.vae.likelihood)
    vae, spec = learnt.vae, learnt.spec
    at_once = rows_of_chunks(vae.data_shape) if rows_per_chunk is None else rows_per_chunk
    check_count("rows_per_chunk", at_once)
    at_once = int(at_once)  # NumPy's integers as well
    part = with_rows_as_came(x, spec, learnt.keys, learnt.seed)
    messages = learnt.messages(part.x, prior_mu, prior_cov)
    form, coder = to_write(part, spec, vae, chosen_bits(lossy, bits))
    file = io.BytesIO()
    about = {
        "messages": messages is not None and not lossy, "with_model": with_model, "model": learnt.file_digest,
    }  # fmt: skip
    with Writer(file, header_of(coder.model, coder, form, len(part), at_once, **about)) as writer:
        write_rows(writer, form.pieces(part, spec, at_once), coder, messages)
        if with_model:
            writer.add_model(pack_model(vae, spec))
    return file.getvalue()


def decompress(
    model: "VAE | Run | None", data: Bytes, *, rows: tuple[int, int] | None = None, salvage: bool = False
) -> Any:
    """Restore what `compress` was given, on any machine: of the same type, shape and values, to the bit.

    Of a lossy archive the type and the shape are the same, and the values are the decoder's means. Draws nothing.

    Args:
        model: The model that wrote it; None for the model in the archive (`with_model=True`).
        data: The archive: bytes, or the path of its file.
        rows: Restore only rows (start, stop), counted from 0, stop excluded.
        salvage: Restore the undamaged chunks of a damaged archive; a warning names the rows that are lost.

    Raises:
        TypeError: For another model, or other data.
        ValueError: For an archive that was written with another model or version, or that is cut off or altered
            (unless `salvage`), and for rows that it does not have.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    with Reader(data, salvage) as reader:
        if rows is None and not salvage:
            reader.verify()
        first, stop = check_rows(rows, reader.n)
        coder = coder_of(reader.header, model_for(model, reader), reader.name)
        check_model(reader.header, coder.model, reader.name)
        form = form_of(reader)
        say_lost(reader, first, stop)
        spans = list(reader.rows(first, stop)) or [Span(0, 0, 0)]
        try:
            found = form.result(read_rows(reader, coder, spans))
        except InputError:
            raise
        except (ValueError, RecursionError) as error:
            raise InputError(f"{reader.name} cannot be restored: {error}") from error
        return renumbered(found, [reader.numbers(span) for span in spans], reader.n)


def model_for(model: Any, reader: Reader) -> VAE:
    """The model that decodes an archive: the given one, or the one inside.

    Raises:
        TypeError: When what is given is not a model.
        InputError: When none is given, and none is inside.
    """
    if model is not None:
        return Learnt.of(model).vae
    inside = reader.model()
    if inside is None:
        raise InputError(
            f"{reader.name} has no model inside: pass the one that wrote it, such as kvae.open_run(FOLDER). Its "
            f"fingerprint is {reader.header.fingerprint}"
        )
    return unpack_model(inside)[0]


def chosen_bits(lossy: Any, bits: Any) -> int | None:
    """Bits per latent dimension; None for lossless compression. Raises ValueError where the two do not fit."""
    if not isinstance(lossy, bool):
        raise ValueError(f"`lossy` must be True or False. Received: lossy={lossy!r}")
    if bits is not None and not lossy:
        raise ValueError(f"`bits` is for lossy compression: pass lossy=True as well. Received: bits={bits!r}")
    return (BITS if bits is None else bits) if lossy else None


def check_rows(rows: Any, n: int) -> tuple[int, int]:
    """The first row to restore and the one after the last; None: all. Raises ValueError if out of range."""
    if rows is None:
        return 0, n
    whole = isinstance(rows, tuple | list) and len(rows) == 2 and all(map(is_integer, rows))
    if not whole or not 0 <= rows[0] <= rows[1] <= n:
        raise ValueError(f"`rows` must be (start, stop) from 0 to {n}. Received: rows={rows!r}")
    return int(rows[0]), int(rows[1])


def say_lost(reader: Reader, first: int, stop: int) -> None:
    """Warn of rows from `first` to `stop` that are lost.

    Raises:
        InputError: When all are lost.
    """
    lost = reader.lost_of(first, stop)
    n = sum(b - a for a, b in lost)
    if not reader.n_chunks or (n and n == stop - first):
        raise InputError(f"{reader.name} is damaged: all of these rows are lost")
    if lost:
        words = ", ".join(f"{a} to {b - 1}" for a, b in lost[:10])
        warnings.warn(f"{reader.name} is damaged: rows {words}{', ...' * (len(lost) > 10)} are lost", stacklevel=3)
