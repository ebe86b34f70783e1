"""The search for a learnt run that fits a config, and the differences of configs."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kvae.errors import InputError, LaterVersionError
from kvae.process.visible import in_a_line
from kvae.runs.learnt_file import is_path_of
from kvae.runs.networks import network_of
from kvae.runs.plain import files_named, is_plain
from kvae.runs.run_folder import COPIES, JOB, METRICS, RECORD, RunFolder

log = logging.getLogger(__name__)


def learnt_runs(outputs: str | Path, of_network: bool = False) -> list[RunFolder]:
    """Finished learnt runs of one VAE, or of networks of modules, anywhere under `outputs`, the newest first."""
    finished = []
    for metrics in files_named(Path(outputs), METRICS):
        run = RunFolder(metrics.parent)
        if run.path.name == COPIES:
            continue
        with contextlib.suppress(InputError), passed_over():
            if select(run.read_config(), "mode.name") != "learn" or bool(network_of(run)) != of_network:
                continue
            if of_network or is_plain(run.vae.model):
                finished.append((metrics.stat().st_mtime, str(run.path), run))
    return [run for _, _, run in sorted(finished, key=lambda found: found[:2], reverse=True)]


@contextlib.contextmanager
def passed_over() -> Iterator[None]:
    """Warn of a run that a later kvae wrote: it is not damaged, and the user may be looking for it."""
    try:
        yield
    except LaterVersionError as error:
        log.warning("warning: a run is skipped: %s", error)
        raise


def runs_under(folder: str | Path) -> list[RunFolder]:
    """Run folders anywhere under a folder, finished or not."""
    return [RunFolder(record.parent) for record in files_named(Path(folder), RECORD)]


def jobs_under(folder: str | Path) -> list[RunFolder]:
    """Run folders of a sweep's jobs, anywhere under its folder."""
    return [RunFolder(record.parent) for record in files_named(Path(folder), JOB)]


def sweep_page(folder: Path) -> Path:
    """The page of a sweep, in the folder above those of its jobs; see `kvae.sweep`."""
    return folder / "sweep.html"


def differences(config: dict[str, Any], other: dict[str, Any], keys: list[str]) -> list[str]:
    """Where two configs differ in dotted `keys` (a group, or a key), one text per difference.

    An older config lacks keys that did not exist then. Such a key counts as equal if the other config has it off
    (null, 0, false or empty).
    """
    texts = []
    for key in keys:
        ours, theirs = flat(select(config, key), key), flat(select(other, key), key)
        for name in sorted(ours.keys() | theirs.keys()):
            off = (name in ours) != (name in theirs) and not (ours.get(name) or theirs.get(name))
            if ours.get(name) != theirs.get(name) and not off:
                texts.append(in_a_line(f"{name}={theirs.get(name)} (there) {ours.get(name)} (here)"))
    return texts


def main_differences(differs: list[str]) -> list[str]:
    """The differences that a user can act on first, of those in `FITS`.

    If the kind of data differs, only those of the name and the data: the model comes with the data. Otherwise all
    but the arguments of encoder and decoder that repeat a key of the model.
    """
    if any(text.startswith("data.name=") for text in differs):
        return [text for text in differs if text.startswith(("name=", "data."))]
    own = [text.removeprefix("model.") for text in differs if text.startswith("model.")]
    repeated = {f"model.{part}.{text}" for text in own for part in ("encoder", "decoder")}
    return [text for text in differs if text not in repeated]


def select(config: dict[str, Any], key: str) -> Any:
    """The value under a dotted key; None where there is none."""
    for part in key.split("."):
        config = config.get(part) if isinstance(config, dict) else None  # type: ignore[assignment]
    return config


def flat(value: Any, key: str) -> dict[str, Any]:
    """Nested dictionaries as one of dotted keys."""
    if not isinstance(value, dict):
        return {key: value}
    return {name: leaf for part, inner in value.items() for name, leaf in flat(inner, f"{key}.{part}").items()}


# The keys and groups in which a learnt run must equal a config that uses it.
FITS = [
    "name",
    "data.name",
    "data.shape",
    "data.height",
    "data.width",
    "data.channels",
    "data.background",
    "data.normal_label",
    "model",
    "prior.name",
    "prior._target_",
    "prior.n_components",
]


# Keys of a table by which runs that fit are told apart, where they are typed; and those that may be typed anew.
LEARNT_WITH = {"data.columns": (None,), "data.columns_file": (None,), "data.missing": (None, "ignore")}
OF_USE = {"data.unseen": (None, "refuse")}


def unlike_typed(config: dict[str, Any], learnt: dict[str, Any]) -> tuple[int, int]:
    """How many keys that a config sets were other ones in learning: of `LEARNT_WITH`, and of `OF_USE`."""
    if select(config, "data.name") != "table":
        return 0, 0

    def unlike(keys: Mapping[str, tuple[str | None, ...]]) -> int:
        return sum(select(config, key) not in (*off, select(learnt, key)) for key, off in keys.items())

    return unlike(LEARNT_WITH), unlike(OF_USE)


def find_learnt_run(
    config: dict[str, Any],
    outputs: str | Path,
    unlike: Callable[[RunFolder], str | None] | None = None,
    read: Callable[[RunFolder], dict[str, Any]] | None = None,
) -> RunFolder:
    """The newest finished learnt run whose name, model and kind of data are those of `config`.

    A run that learnt from the same `data.path` is preferred to a newer one of another path; then one that learnt
    with the keys of a table's columns that the config sets.

    Args:
        config: The config, as plain values.
        outputs: The folder that is searched.
        unlike: Gives a text on how a run's columns differ from those of the data, or None if they do not.
        read: For a network of modules: gives `name` and `network` of a run, which must equal those of `config`.

    Raises:
        InputError: When no run fits; the text lists the runs and how they differ, those of this data first.
    """
    runs, keys = learnt_runs(outputs, read is not None), FITS if read is None else ["name", "network"]
    path = select(config, "data.path")
    others: list[tuple[int, str]] = []
    near: list[tuple[int, str]] = []
    fitting: dict[tuple[bool, int, int], RunFolder] = {}
    for run in runs:
        try:
            learnt = run.read_config() if read is None else read(run)
        except InputError as error:  # of another version of kvae, or damaged
            others.append((len(FITS), f"{run.path}: {error}"))
            continue
        differs = differences(config, learnt, keys)
        other = unlike(run) if unlike is not None and not differs else None
        if differs or other:
            same = is_path_of(run, path) and select(config, "data.name") == select(learnt, "data.name")
            words = [*main_differences(differs), *([other] if other else [])]
            (near if same else others).append((len(words), f"{run.path}: {', '.join(words)}"))
        else:
            rank = (not is_path_of(run, path), *unlike_typed(config, learnt))
            fitting.setdefault(rank, run)
            if not any(rank):
                break
    if fitting:
        return fitting[min(fitting)]
    texts = [text for part in (near, others) for _, text in sorted(part, key=lambda one: one[0])]
    if not texts:
        raise InputError(
            f"no finished learnt run under outputs={outputs}. Learn one first: type the same with mode=learn"
        )
    order = "those of this data first" if near else "the most similar first"
    shown = "\n  ".join(texts[:5]) + (f"\n  and {len(texts) - 5} more" if len(texts) > 5 else "")
    raise InputError(
        "no learnt run has this name, model and data. Type the keys that it was learnt with, or mode.run=FOLDER. "
        f"Learnt runs, {order}, and their differences:\n  {shown}"
    )
