"""The files of a learnt run that recognition needs, as bytes: for machines that share no folder."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from kvae.runs.files import whole_file
from kvae.runs.plain import is_plain
from kvae.runs.run_folder import RunFolder


def files_for_use(run: RunFolder) -> dict[str, bytes]:
    """The files that recognition reads of a finished run, by their paths in the folder."""
    paths = [run.metrics, run.record]
    for module in run.modules():
        paths += [module.model, module.state, module.input_spec]
    return {path.relative_to(run.path).as_posix(): path.read_bytes() for path in paths if is_plain(path)}


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of the names and contents of files, 64 hex digits: it identifies a run."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name}:{len(content)}:".encode())
        whole.update(content)
    return whole.hexdigest()


def put_down(files: Mapping[str, bytes], folder: Path) -> RunFolder:
    """Write the files of `files_for_use` into `folder`, which is then a finished run."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(content)
    return RunFolder(folder)
