"""`python -m benchmarks`: measure, print the tables, and with `--write` put them into pages of docs/."""

import argparse
import functools
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import (
    compression,
    detection,
    experts,
    generation,
    growth,
    importance,
    imputation,
    mixed_columns,
    mixture,
    naming_game,
    profile,
    quick,
    serket,
    startup,
    sweeps,
    tables,
    text_files,
)
from benchmarks.alternate import alternate
from benchmarks.table import markdown, write_section
from benchmarks.task import Task

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
RESULTS = PAGE.with_name("results.md")
OF_RESULTS = (
    "detection",
    "detection_mnist",
    "generation",
    "generation_mnist",
    "tables",
    "imputation",
    "experts_halves",
    "experts_quarters",
    "experts_keys",
    "serket",
    "naming_game",
)
OF_COMPRESSION = ("compression", "compression_mnist")
PAGES = {
    "sweeps": PAGE.with_name("sweeps.md"),
    **dict.fromkeys(OF_COMPRESSION, PAGE.with_name("compression.md")),
    **dict.fromkeys(OF_RESULTS, RESULTS),
}
LEARN = ["kvae_train", "kvae_fit", "keras_fit", "torch_memory", "torch_loader", "pythae_trainer", "jax_scan"]
RECOGNISE = ["kvae_train", "keras_fit", "torch_memory", "jax_scan"]
LEARN_TASKS = [
    Task("learn", "mlp", 32, 20_000, 1),
    Task("learn", "mlp", 128, 20_000, 3),
    Task("learn", "mlp", 512, 20_000, 4),
    Task("learn", "mlp", 2_000, 2_000, 40),
    Task("learn", "conv", 128, 2_000, 1),
]
RECOGNISE_TASKS = [Task("recognise", "mlp", 1024, 60_000, 3), Task("recognise", "conv", 1024, 5_000, 1)]


def throughput(tasks: list[Task], peers: list[str], repeats: int) -> str:
    """A table of observations per second for each peer, and of kvae's speed relative to it."""
    header = ["network, batch", "peer", "observations/s", "slowest to fastest", "kvae is", "peak MiB"]
    rows, absent = [], {}
    for task in tasks:
        measured, missing = alternate(peers, task, repeats)
        absent |= missing
        batch = "full" if task.batch_size == task.rows else str(task.batch_size)
        for one in measured:
            ratio = measured[0].observations_per_second / one.observations_per_second
            spread = f"{one.slowest:,.0f} to {one.fastest:,.0f}"
            speed, memory = f"{one.observations_per_second:,.0f}", f"{one.peak_mib:,.0f}"
            rows.append([f"{task.network}, {batch}", one.peer, speed, spread, f"{ratio:.2f} x", memory])
            print("  ".join(rows[-1]), flush=True)
    notes = [f"Not measured: {peer} ({why} is missing)" for peer, why in absent.items()]
    return "\n\n".join([markdown(header, rows), *notes])


def start(repeats: int) -> str:
    """A table of waiting times at the start of commands."""
    rows = [[name, f"{seconds:.1f} s"] for name, seconds in startup.measure(repeats)]
    return markdown(["wait for", "median"], rows)


def machine(figures: str) -> str:
    """The machine and the versions of packages with which the figures were measured."""
    packages = []
    for name in ("keras", "tensorflow", "torch", "pythae", "jax", "scikit-learn", "pyod", "ctgan"):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{os.cpu_count()} cores, {platform.machine()}, {', '.join(packages)}; {figures}, in turn."


def main() -> None:
    """Run the benchmarks that the command line names."""
    measures: dict[str, Callable[[int], str]] = {
        "learn": lambda repeats: throughput(LEARN_TASKS, LEARN, repeats),
        "recognise": lambda repeats: throughput(RECOGNISE_TASKS, RECOGNISE, repeats),
        "start": start,
        "growth": growth.tables,
        "profile": profile.tables,
        "importance": importance.tables,
        "mixed_columns": mixed_columns.tables,
        "text": text_files.tables,
        "mixture": mixture.tables,
        "sweeps": sweeps.tables,
        "detection": detection.digits,
        "generation": generation.digits,
        "compression": compression.digits,
        "experts_halves": experts.halves,
        "experts_quarters": experts.quarters,
        "experts_keys": experts.keys,
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"any of quick, {', '.join(measures)}; default: all")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each peer, or seeds (default: 5)")
    parser.add_argument(
        "--mnist",
        help="MNIST as an .npz in Keras's layout; adds detection_mnist, generation_mnist, compression_mnist and "
        "naming_game",
    )
    parser.add_argument(
        "--path", nargs="+", default=[], help="files of tables; with --label adds tables, with --by imputation"
    )
    parser.add_argument("--label", nargs="+", default=[], help="the column of labels in each --path")
    parser.add_argument(
        "--by",
        nargs="+",
        default=[],
        help="a column of each --path; its value determines the probability that a cell is hidden",
    )
    parser.add_argument("--serket", help="the data of Serket's tutorials; adds serket")
    parser.add_argument(
        "--network",
        nargs="+",
        default=["vae_gmm_mlda"],
        help="networks of serket, each a name with optional keys: 'vae_gmm network.rounds=3'",
    )
    parser.add_argument("--write", action="store_true", help="put the tables into pages of docs/")
    arguments = parser.parse_args()
    measures["quick"] = functools.partial(quick.tables, write=arguments.write)
    if arguments.mnist is not None:
        measures["detection_mnist"] = functools.partial(detection.mnist, path=arguments.mnist)
        measures["compression_mnist"] = functools.partial(compression.mnist, path=arguments.mnist)
        measures["naming_game"] = functools.partial(naming_game.mnist, path=arguments.mnist)
        measures["generation_mnist"] = functools.partial(generation.mnist, path=arguments.mnist)
    if arguments.serket is not None:
        measures["serket"] = functools.partial(serket.networks, path=arguments.serket, named=arguments.network)
    for key in ("label", "by"):
        given = getattr(arguments, key)
        if len(given) != len(arguments.path) and (given or not (arguments.label or arguments.by)):
            parser.error(f"--{key} must name a column of each --path. Received: {' '.join(given) or 'none'}")
    if arguments.path and arguments.by:
        measures["imputation"] = functools.partial(imputation.tables, paths=arguments.path, by=arguments.by)
    if arguments.path and arguments.label:
        measures["tables"] = functools.partial(tables.tables, paths=arguments.path, labels=arguments.label)
    unknown = set(arguments.what) - measures.keys()
    if unknown:
        parser.error(f"what must be of {', '.join(measures)}. Received: {', '.join(sorted(unknown))}")
    for name in arguments.what or measures:
        figures = f"medians of {arguments.repeats}"
        if name in OF_RESULTS:
            figures = f"means of {arguments.repeats} seed{'s' * (arguments.repeats > 1)}"
        text = f"{machine(figures)}\n\n{measures[name](arguments.repeats)}"
        print(f"\n{name}: {text}\n", flush=True)
        if arguments.write and name != "quick":  # quick has written its own file
            write_section(PAGES.get(name, PAGE), name, text)


if __name__ == "__main__":
    main()
