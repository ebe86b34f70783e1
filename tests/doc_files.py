"""Small files of the names that the pages tell one to type, so that what they say can be run."""

import re

import numpy as np
import polars as pl
from PIL import Image


def write_files(folder, page):
    """Write into `folder` what the commands and the code of a page read."""
    rng = np.random.default_rng(0)
    numbers(rng).write_csv(folder / "x.csv")
    for name in ("machines.csv", "next_week.csv"):
        numbers(rng).drop("kind").write_csv(folder / name)
    if page == "docs/columns.md":
        described(rng).write_csv(folder / "x.csv")
        (folder / "columns.yaml").write_text(COLUMNS)
    people(rng).write_csv(folder / "people.csv")
    penguins(rng).write_csv(folder / "penguins.csv")
    penguins(rng).write_csv(folder / "others.csv")
    penguins(rng).write_parquet(folder / "written.parquet")
    pl.DataFrame({"visits": rng.poisson(2, 60), "calls": rng.poisson(5, 60)}).write_csv(folder / "counts.csv")
    pl.DataFrame({"first": rng.exponential(1, 60), "second": rng.exponential(2, 60)}).write_csv(
        folder / "waits.csv"
    )
    np.save(folder / "mu.npy", np.zeros((1797, 10), np.float32))
    np.savetxt(folder / "mu.txt", np.zeros((3, 16)))
    np.save(folder / "huge.npy", rng.random((64, 784), np.float32))
    (folder / "shards").mkdir()
    for part in range(2):
        np.save(folder / "shards" / f"{part}.npy", rng.random((40, 6), np.float32))
    images(rng, folder)


# A run folder whose name a page leaves open, or makes up.
PLACE = re.compile(r"outputs/(\w+)/(\w+)/(\.\.\.|<time>|20[\d_-]+)")


def filled_in(text, folder):
    """A text of a page with the newest run folder in place of every one that it leaves open."""
    return PLACE.sub(lambda found: newest(folder / "outputs" / found[1] / found[2], folder), text)


def newest(runs, folder):
    """The place of the newest run among some, in `folder`."""
    last = max(runs.iterdir(), key=lambda path: path.stat().st_mtime)
    return last.relative_to(folder).as_posix()


COLUMNS = """columns:
  age: {kind: count, missing: learn}
  grade: {kind: ordinal, categories: [poor, fair, good]}
"""


def numbers(rng):
    """Three columns of numbers, and one that names a kind."""
    x = rng.normal(size=(60, 3)).round(3)
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "kind": rng.integers(0, 2, 60)})


def described(rng):
    """The columns that the columns file of the pages describes."""
    days = pl.Series([f"{13 + n % 16}.{1 + n % 12:02d}.2024" for n in range(60)])
    return pl.DataFrame(
        {
            "age": rng.integers(18, 80, 60),
            "income": np.exp(rng.normal(7, 1, 60)).round(2),
            "grade": rng.choice(["poor", "fair", "good"], 60),
            "since": days,
            "notes": [f"note {n} of many" for n in range(60)],
            "sex": rng.choice(["female", "male"], 60),
        }
    )


def people(rng):
    """Women and men of all ages."""
    age = rng.integers(18, 90, 80)
    return pl.DataFrame({"sex": rng.choice(["female", "male"], 80), "age": age, "income": (age * 40.5).round(1)})


def penguins(rng):
    """Columns of the names and kinds of the penguins' table, with gaps."""
    n = 90
    kind = rng.integers(0, 3, n)
    return pl.DataFrame(
        {
            "species": np.array(["Adelie", "Gentoo", "Chinstrap"])[kind],
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], n),
            "bill_length_mm": (39 + 5 * kind + rng.normal(0, 2, n)).round(1),
            "bill_depth_mm": rng.normal(17, 2, n).round(1),
            "flipper_length_mm": (190 + 12 * kind + rng.normal(0, 6, n)).round(),
            "body_mass_g": (3700 + 700 * kind + rng.normal(0, 300, n)).round(-1),
            "sex": rng.choice(["female", "male", None], n, p=[0.48, 0.48, 0.04]),
            "year": rng.integers(2007, 2010, n),
        }
    )


def images(rng, folder):
    """Images in a folder, MNIST in Keras's layout, and images with what was said of them."""
    for label in ("one", "two"):
        (folder / "photos" / label).mkdir(parents=True)
        for n in range(12):
            pixels = rng.integers(0, 255, (32, 32, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / label / f"{n}.png")
    digits = {"x_train": rng.integers(0, 255, (400, 28, 28), np.uint8), "y_train": np.arange(400) % 10}
    tests = {"x_test": rng.integers(0, 255, (40, 28, 28), np.uint8), "y_test": np.arange(40) % 10}
    np.savez(folder / "mnist.npz", **digits, **tests)
    labels = np.arange(60) % 10
    heard = np.arange(60) % 3 > 0
    pairs = {
        "images": rng.integers(0, 255, (60, 28, 28), np.uint8),
        "speech": rng.poisson(2, (60, 30)).astype(float),
    }
    for name in ("serket_tutorial.npz", "pairs.npz"):
        np.savez(folder / name, **pairs, labels=labels, heard=heard)
