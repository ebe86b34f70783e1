"""Finds the model that an archive was written with: in the named run, in the archive, or in another learnt run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kvae.errors import InputError
from kvae.runs import RunFolder, learnt_runs
from kvae.runs.files import relative, sha256_of
from kvae.runs.plain import is_plain

if TYPE_CHECKING:
    from kvae.model import VAE
    from kvae.uses.compression.archive import Reader
    from kvae.uses.compression.coders import Coder

log = logging.getLogger(__name__)

# At most so many models are loaded in search of one that has the archive's fingerprint.
MOST_LOADED = 20


def coder_for(reader: Reader, run: str | None, outputs: str) -> tuple[Coder, str]:
    """The decoder of an archive, and where its model comes from.

    The model is that of `run`, if one is named; else the one inside the archive; else that of the newest finished
    learnt run under `outputs` with the same `model.keras`; else that of the newest with the same fingerprint.

    Raises:
        InputError: When none is found, or the run that is named has another model.
    """
    from kvae.modules.model_file import load_vae
    from kvae.uses.compression.model_inside import unpack_model

    if run is not None:
        folder = RunFolder(run)
        if not (folder.finished and is_plain(folder.vae.model)):
            raise InputError(f"mode.run={run} is no finished learnt run. Leave mode.run out to search for the run")
        return coder_of(reader, load_vae(folder.vae.model), f"mode.run={run}"), str(folder.path)
    packed = reader.model()
    if packed is not None:
        vae, _ = unpack_model(packed)
        return coder_of(reader, vae, "the model inside"), "the model inside"
    runs = learnt_runs(outputs)
    for folder in runs:
        if sha256_of(folder.vae.model) == reader.header.model:
            path = relative(folder.path)
            return coder_of(reader, load_vae(folder.vae.model), path), str(folder.path)
    for folder in runs[:MOST_LOADED]:
        try:
            return coder_of(reader, load_vae(folder.vae.model), str(folder.path)), str(folder.path)
        except InputError:
            continue
    raise InputError(
        f"{reader.name} was written with a model that no finished learnt run under outputs={outputs} has (its "
        f"fingerprint is {reader.header.fingerprint}). Type mode.run=FOLDER of the run that wrote it, or "
        "outputs=FOLDER that holds that run. Nothing was restored"
    )


def coder_of(reader: Reader, vae: VAE, called: str) -> Coder:
    """The decoder of an archive with a model; errors call the model `called`.

    Raises:
        InputError: When another model wrote it.
    """
    from kvae.uses.compression import kinds
    from kvae.uses.compression.streams import check_model

    try:
        coder = kinds.coder_of(reader.header, vae, reader.name)
    except ValueError as error:
        raise InputError(f"{called} cannot decode {reader.name}: {error}") from error
    check_model(reader.header, coder.model, reader.name, f"that of {called}")
    return coder
