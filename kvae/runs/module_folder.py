"""The folder of one module in a run folder, such as `module001_vae/`: its file names and its writes."""

import contextlib
import csv
import io
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.runs.files import whole_file, whole_folder
from kvae.runs.npy import UNREADABLE, numbers_in, open_plain_npz
from kvae.runs.pictures import write_picture
from kvae.runs.plain import is_plain, open_plain, read_plain
from kvae.runs.reading_rows import rows_in
from kvae.runs.rows import Beside, csv_writer, frame_writer, names_for, npy_writer, text_writer
from kvae.runs.version import with_version

MANY_NUMBERS = 10_000_000
# More than a log of losses has, which is a row per logged iteration.
LOG_BYTES = 2**26


def previous(path: Path) -> Path:
    """The path of the last state but one: `model.ckpt.previous.npz`."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def time_spent(path: Path) -> Path:
    """The path of the training time, beside the state in `path`: it differs between runs that else are equal."""
    return path.with_name("seconds.json")


class ModuleFolder:
    """What one module of a run writes: `module001_vae/`.

    Args:
        path: The folder.
        file_format: The format of rows: `txt`, `npy` or `csv`.
        beside: Columns that precede the values in a `.csv`, by name; left out of files of another number of rows.
    """

    def __init__(self, path: Path, file_format: str = "txt", beside: Beside | None = None):
        self.path = path
        self.format = file_format
        self.beside: Beside = beside or {}

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def checkpoint(self) -> Path:
        return self.path / "model.ckpt.npz"

    @property
    def state(self) -> Path:
        """The learnt state of a module that is not a VAE."""
        return self.path / "model.npz"

    @property
    def counts(self) -> Path:
        """Counts of classes by labels, from which the metrics of sharded recognition are computed."""
        return self.path / "counts_recog.npz"

    @property
    def is_begun(self) -> bool:
        """Whether there is a checkpoint, be it the last but one: a write may have stopped between two renames."""
        return is_plain(self.checkpoint) or is_plain(previous(self.checkpoint))

    @property
    def input_spec(self) -> Path:
        return self.path / "input.json"

    @property
    def explorer(self) -> Path:
        """Observations, their codes and the decoder, for the explorer of the report; see `kvae.explorer`."""
        return self.path / "explorer.npz"

    @property
    def export_record(self) -> Path:
        """The record of an export: its files, how to call them, and how they were checked."""
        return self.path / "export.json"

    def exported(self, network: str, suffix: str) -> Path:
        """The path of an exported network: a file, or without a `suffix` a folder."""
        return self.path / f"{network}{suffix}"

    def forget(self, results: str) -> None:
        """Delete the files whose whole names match the pattern `results`; no links and no folders."""
        for path in self.path.iterdir():
            if re.fullmatch(results, path.name) and is_plain(path):
                path.unlink()

    def write_rows(self, name: str, array: np.ndarray, names: Sequence[str] | None = None) -> Path:
        """Write `array`, a flattened row per observation, to the file `name` in the format of the run.

        Args:
            name: The name of the file without its suffix.
            array: The rows, `(n, ...)`.
            names: The names of the columns in `.csv`; None names them after the file.
        """
        with self.rows_writer(name, len(array), array.shape[1:], names) as write:
            write(array)
        return self.path / f"{name}.{self.format}"

    @contextlib.contextmanager
    def rows_writer(
        self, name: str, n: int, shape: Sequence[int], names: Sequence[str] | None = None
    ) -> Iterator[Callable[[np.ndarray], None]]:
        """A function that appends rows of `shape` to a file, which appears after all `n` rows."""
        columns = math.prod(shape)
        with whole_file(self.path / f"{name}.{self.format}") as part, part.open("wb") as file:
            if self.format == "npy":
                append = npy_writer(file, n, columns)
            elif self.format == "csv":
                same = all(len(column) == n for column in self.beside.values())
                append = csv_writer(file, names_for(name, shape, names), self.beside if same else {})
            else:
                append = text_writer(file)
            yield lambda rows: append(np.ascontiguousarray(rows.reshape(len(rows), columns)))

    @contextlib.contextmanager
    def frames_writer(
        self, name: str, n: int, separator: str = ",", names: Sequence[str] | None = (), missing: str = ""
    ) -> Iterator[Callable[[Any], None]]:
        """A function that appends polars DataFrames to `name.csv`, which appears after all `n` rows.

        The file is CSV whatever the format of the run, for `txt` and `npy` hold no text.
        """
        with whole_file(self.path / f"{name}.csv") as part, part.open("wb") as file:
            same = all(len(column) == n for column in self.beside.values())
            yield frame_writer(file, self.beside if same else {}, separator, names, missing)

    def write_table(self, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Write columns of numbers and text to `name.csv`; None is an empty cell."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
        with whole_file(self.path / f"{name}.csv") as part:
            part.write_text(text.getvalue(), encoding="utf-8")

    def read_table(self, name: str) -> tuple[list[str], list[list[str]]]:
        """The column names of `name.csv` and its rows as text; two empty lists if there is no such file.

        Raises:
            InputError: When the file is damaged.
        """
        path = self.path / f"{name}.csv"
        if not is_plain(path):
            return [], []
        try:
            names, *rows = csv.reader(io.StringIO(read_plain(path, LOG_BYTES).decode("utf-8"), newline=""))
            if any(len(row) != len(names) for row in rows):
                raise ValueError("its rows differ in length")
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error
        return names, rows

    def rows_in(self, name: str, n: int) -> Iterator[tuple[int, np.ndarray]]:
        """The `n` rows that were written to `name`, in bounded pieces, each with the number of its first row.

        Raises:
            InputError: When the file does not hold them.
        """
        return rows_in(self.path / name, n)

    def write_log(self, name: str, rows: list[dict[str, float]], columns: list[str], exact: bool = False) -> None:
        """Write a row per logged iteration to `name.txt` under a `#` header: eight digits, or with `exact` all."""
        lines = [
            " ".join([f"{row[columns[0]]:.0f}", *(written(row[column], exact) for column in columns[1:])])
            for row in rows
        ]
        with whole_file(self.path / f"{name}.txt") as part:
            part.write_text("\n".join([f"# {' '.join(columns)}", *lines, ""]), encoding="utf-8")

    def read_log(self, name: str) -> list[dict[str, float]]:
        """The rows that `write_log` wrote to `name.txt`.

        Raises:
            InputError: When the file is missing or damaged.
        """
        path = self.path / f"{name}.txt"
        try:
            lines = read_plain(path, LOG_BYTES).decode("utf-8").splitlines()
            columns = lines[0].removeprefix("# ").split()
            table = numbers_in(lines)
            return [dict(zip(columns, row.tolist(), strict=True)) for row in table]
        except (OSError, ValueError, IndexError) as error:
            raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error

    def read_kept_log(self) -> list[dict[str, float]]:
        """The losses stored in the checkpoint, for a run that is not finished; empty without a checkpoint."""
        for path in (self.checkpoint, previous(self.checkpoint)):
            with contextlib.suppress(*UNREADABLE, AttributeError, TypeError), open_plain_npz(path) as arrays:
                rows = json.loads(str(arrays["header"]))["rows"]
                return [{name: float(value) for name, value in row.items()} for row in rows]
        return []

    def copy_to(self, other: "ModuleFolder", name: str) -> None:
        """Copy the picture `name`, if there is one, to the folder of a run that resumes this one."""
        source, target = self.path / f"{name}.png", other.path / f"{name}.png"
        if is_plain(source) and source.resolve() != target.resolve():
            with open_plain(source) as file, whole_file(target) as part, part.open("wb") as copy:
                shutil.copyfileobj(file, copy)

    def write_arrays(self, path: Path, **arrays: Any) -> None:
        """Write named arrays to an `.npz`, whole or not at all; the file before it is kept as `previous(path)`."""
        with whole_file(path, previous(path)) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **with_version(path, arrays))

    def write_packed(self, path: Path, **arrays: Any) -> None:
        """Write named arrays to a compressed `.npz`, whole or not at all."""
        with whole_file(path) as part, part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    def write_images(self, name: str, images: np.ndarray) -> Path:
        """Write images `(n, height, width, channels)` with values in [0, 1] to `name/0000.png` and so on."""
        from PIL import Image

        digits = max(4, len(str(len(images) - 1)))
        with whole_folder(self.path / name) as part:
            part.mkdir()
            for number, image in enumerate(np.round(255 * np.clip(images, 0, 1)).astype(np.uint8)):
                Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(
                    part / f"{number:0{digits}d}.png"
                )
        return self.path / name

    def write_figure(self, name: str, draw: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Write the figure that `draw(*arguments, **options)` returns to `name.png`; see `write_picture`."""
        write_picture(self.path / f"{name}.png", draw, *arguments, **options)


def written(value: float, exact: bool) -> str:
    """A number as text in a log."""
    return repr(float(value)) if exact else f"{value:.8g}"
