"""A model inside an archive: all that decoding needs, without the state of training."""

import json
import lzma
import tempfile
from pathlib import Path
from typing import Any

from kvae.data import InputSpec
from kvae.errors import InputError
from kvae.model import VAE
from kvae.modules.model_file import load_vae, save_vae
from kvae.runs.forms import parse_json
from kvae.runs.npy import EXPANSION, MANY_BYTES
from kvae.uses.compression.archive.varints import take_varint, varint
from kvae.uses.opened import SPEC

FILTERS: list[dict[str, Any]] = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2**23}]


def pack_model(vae: VAE, spec: InputSpec) -> bytes:
    """A model and what it expects of its input, for `Writer.add_model`; without the optimiser's state."""
    plain = type(vae).from_config(vae.get_config())
    plain.set_weights(vae.get_weights())
    said = json.dumps(spec.to_json(), separators=(",", ":")).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inside.keras"
        save_vae(plain, path)
        packed = lzma.compress(path.read_bytes(), lzma.FORMAT_RAW, filters=FILTERS)
    return varint(len(said)) + said + packed


def unpack_model(packed: bytes) -> tuple[VAE, InputSpec]:
    """The inverse of `pack_model`. No code of the file is run.

    Raises:
        InputError: When it is damaged, or not a model of this kind.
    """
    try:
        length, place = take_varint(packed, 0)
        spec = InputSpec.from_json(SPEC(parse_json(packed[place : place + length]), ""))
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=FILTERS)
        content = unpacker.decompress(packed[place + length :], max(MANY_BYTES, EXPANSION * len(packed)))
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("it does not end where it should")
    except (ValueError, OverflowError, AttributeError, RecursionError, lzma.LZMAError) as error:
        raise InputError(f"the model in the archive cannot be read: {error}") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inside.keras"
        path.write_bytes(content)
        vae = load_vae(path)
    if vae.data_shape != spec.shape:
        raise InputError(f"the model in the archive takes {vae.data_shape}, but its description says {spec.shape}")
    return vae, spec
