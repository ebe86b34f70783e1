"""The header and the sizes of an archive, as plain values and as lines for people."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from kvae.process.visible import in_a_line
from kvae.uses.compression.archive import FORMAT_VERSION, Header, Reader

LONGEST = 200  # characters of a value


@dataclass(frozen=True)
class Contents:
    """An archive that was read once from end to end.

    Attributes:
        name: The file's name.
        size: The file's size in bytes.
        header: The archive's header.
        n_chunks: The number of whole chunks of rows.
        model_bytes: Bytes of the model that is inside; 0 without one.
        lost: Rows that are in no whole chunk, as `(start, stop)`.
    """

    name: str
    size: int
    header: Header
    n_chunks: int
    model_bytes: int
    lost: list[tuple[int, int]]

    @classmethod
    def of(cls, path: Path, salvage: bool = False) -> "Contents":
        """The contents of an archive, every byte of which is checked.

        Raises:
            InputError: When it is not an archive, or not whole; with `salvage` only when nothing can be read.
        """
        with Reader(path, salvage) as reader:
            reader.verify()
            found = (reader.name, reader.size, reader.header, reader.n_chunks, reader.model_bytes, reader.lost)
        return cls(*found)

    @property
    def bits_per_dim(self) -> float:
        """Bits per value, all bytes of the file counted; NaN without values."""
        n_values = self.header.n * math.prod(self.header.data_shape)
        return 8 * self.size / n_values if n_values else math.nan

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        bits = self.bits_per_dim
        return {
            "bytes": self.size, "format_version": FORMAT_VERSION, **asdict(self.header), "chunks": self.n_chunks,
            "model_bytes": self.model_bytes, "bits_per_dim_gross": None if math.isnan(bits) else bits,
            "lost": [list(rows) for rows in self.lost],
        }  # fmt: skip

    def lines(self) -> Iterable[tuple[str, str]]:
        """The names and the values of the lines to print."""
        said, bits = self.header, self.bits_per_dim
        shape = " x ".join(map(str, said.data_shape))
        values = f": {math.prod(said.data_shape):,} values" if len(said.data_shape) > 1 else ""
        yield "observations", f"{said.n:,} of {shape}{values}"
        yield from described(said.form)
        yield "coding", "lossless" if said.lossy is None else f"lossy: {plain(said.lossy)}"
        yield "size", f"{self.size:,} bytes" + ("" if math.isnan(bits) else f", {bits:.4f} bits per value")
        yield "likelihood", plain(said.likelihood)
        inside = f", inside: {self.model_bytes:,} bytes" if said.with_model else ""
        yield "model", f"fingerprint {said.fingerprint}{inside}"
        if said.model:
            yield "", f"SHA-256 of its file {said.model}"
        if said.precision:
            finest, coarsest = max(said.precision), min(said.precision)
            steps = f"2^{-coarsest}" if finest == coarsest else f"2^{-coarsest} to 2^{-finest}"
            yield "code", f"{len(said.precision)} dimensions in steps of {steps}"
        yield "messages", "one per observation, inside" if said.messages else "none"
        yield "chunks", f"{self.n_chunks:,} of up to {said.rows_per_chunk:,} observations"
        versions = {"kvae": said.kvae, "coder": said.coder, "constriction": said.constriction}
        words = [f"{name} {version}" for name, version in versions.items() if version]
        yield "written by", ", ".join([*words, f"format version {FORMAT_VERSION}"])

    def table(self) -> Table:
        """For the terminal."""
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, value in self.lines():
            table.add_row(Text(in_a_line(name)), Text(in_a_line(value)))
        return table


def described(form: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The header's description of the data's original form, without values."""
    head = form.get("head")
    if "kind" in form:
        yield "input", plain(form["kind"])
    for name, value in (head if isinstance(head, dict) else {}).items():
        yield name, plain(value)


def plain(value: Any) -> str:
    """A plain value in a line of bounded length."""
    if isinstance(value, dict):
        words = (plain(inner) if name == "name" else f"{name} {plain(inner)}" for name, inner in value.items())
        text = ", ".join(words)
    elif isinstance(value, list | tuple) and not any(isinstance(inner, dict | list) for inner in value):
        text = ", ".join(map(str, value))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
