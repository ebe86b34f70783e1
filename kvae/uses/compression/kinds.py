"""Chooses form and coder, lossless or lossy: to write an archive, and by the header of one to read it."""

import numpy as np

from kvae.data import InputSpec, Part
from kvae.errors import InputError
from kvae.model import VAE
from kvae.uses.compression.archive import Header, Reader
from kvae.uses.compression.coders import FIRST_ROWS, Lossless
from kvae.uses.compression.coding_model import CodingModel
from kvae.uses.compression.form import Form
from kvae.uses.compression.lossy import Lossy, LossyModel
from kvae.uses.compression.lossy_form import LossyForm
from kvae.uses.compression.values import MOST_VALUES

# Default bits per latent dimension.
BITS = 4


def to_write(part: Part, spec: InputSpec, vae: VAE, bits: int | None = None) -> tuple[Form, Lossless | Lossy]:
    """The form of rows and their coder: lossy with `bits` per latent dimension; None: lossless.

    Raises:
        ValueError: When the rows or the model cannot be coded, or for other bits than 1 to 16.
    """
    if bits is not None:
        coder = Lossy(LossyModel(vae), bits)
        coder.model.decode(np.zeros((1, vae.latent_dim), np.int64))  # fails now, not when the archive is opened
        return LossyForm.of(part, spec), coder
    form, model = Form.of(part, spec, vae.likelihood), CodingModel(vae)
    largest = max((int(known.levels[-1]) for known in form.maps if len(known.levels)), default=0)
    if model.n_values is None and largest >= MOST_VALUES:
        raise ValueError(
            f"counts of at most {MOST_VALUES - 1:,} can be coded to the bit. Received: {largest:,}. Leave such "
            "columns out of what is learnt, or compress lossily"
        )
    some, _ = next(form.pieces(part.of(slice(FIRST_ROWS)), spec, FIRST_ROWS))
    return form, Lossless.for_rows(model, some)


def coder_of(header: Header, vae: VAE, name: str) -> Lossless | Lossy:
    """The decoder of an archive with that header and a model; errors call the archive `name`.

    Raises:
        ValueError: When the model cannot code.
        InputError: For an invalid header.
    """
    if header.lossy is not None:
        model = LossyModel(vae)
        try:
            return Lossy(model, header.lossy.get("bits", 0))
        except ValueError as error:
            raise InputError(f"{name} cannot be restored: its header says {header.lossy}") from error
    return Lossless(CodingModel(vae), header.precision)


def form_of(reader: Reader) -> Form:
    """The original form of the data in an archive.

    Raises:
        InputError: When this version does not know such a form.
    """
    kind = Form if reader.header.lossy is None else LossyForm
    try:
        return kind.from_json(reader.header.form)
    except (ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"{reader.name} cannot be restored: {error}") from error
