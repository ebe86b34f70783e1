"""What errors say to type is typed, as a shell and Hydra hand it on, and works."""

import re
import shlex

import numpy as np
import polars as pl
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from kvae.config.command_line import as_hydra_takes_it
from kvae.data import load_data
from kvae.data.dataset import read_raw
from kvae.data.sources import file
from kvae.errors import InputError

NAMES = [
    ["a", "b"], ["fixed acidity", "Adj. Close*"], ["höhe", "länge (cm)"], ["a,b", 'c"d'],
    ["1e5", "null"],
    ["true", "nan"], ["2001", "2002"], ["1", "0"], ["x y", "2001"],
    ["a=b", "[c]"], ["$x", "it's"], ["\\alpha", "{y}"], [" ", "-"],
]  # fmt: skip


def config(*typed):
    """The group `data` as Hydra makes it of what is typed."""
    overrides = OverridesParser.create().parse_overrides(list(typed))
    return file.Options(**{one.key_or_group.removeprefix("data."): one.value() for one in overrides})


def advice(message, pattern):
    """The words to type that a message names, as a shell gives them."""
    found = re.search(pattern, message)
    assert found is not None, message
    return shlex.split(found[1])


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_columns_that_are_named_are_learnt(tmp_path, names, ending):
    path = tmp_path / f"x.{ending}"
    frame = pl.DataFrame({"kind": ["p", "q", "r"], names[0]: [0.5, 1.5, 9.0], names[1]: [2.5, 1.0, 4.0]})
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    keys = [f"data.path={path}", *(["data.header=true"] if ending == "csv" else [])]
    with pytest.raises(InputError) as caught:
        load_data(config(*keys), 0)
    typed = advice(str(caught.value), r"learn the other columns with ('.*?'|\S+) or")
    np.testing.assert_array_equal(read_raw(config(*keys, *typed)).x, frame[:, 1:].to_numpy())
    typed = advice(str(caught.value), r"use it as the labels with (\S+) or")
    raw = read_raw(config(*keys, *typed))
    assert raw.labels.tolist() == ["p", "q", "r"] and raw.x.shape == (3, 2)


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("a;b\n1,500;2\n", [[[1.5, 2]], [[1500, 2]]]),
        ("a;b\n1.500;2\n", [[[1.5, 2]], [[1500, 2]]]),
        ("k,7,9\nx,3,1\n", [[[3.0, 1]], None]),
        ("a\n1,5\n", [[[1.5]], None]),
    ],
)
def test_each_way_that_is_offered_reads_the_file(tmp_path, content, values):
    path = tmp_path / "x.csv"
    path.write_text(content)
    keys = [f"data.path={path}"]
    keys += ["data.label_column=k"] if content.startswith("k") else []
    with pytest.raises(InputError) as caught:
        read_raw(config(*keys))
    offered = advice(str(caught.value), r"[Tt]ype (data\.\S+=\S+( data\.\S+)?( or data\.\S+=\S+)?)")
    ways = [[one] for one in offered if one != "or"] if "or" in offered else [offered]
    for way, value in zip(ways, values, strict=False):
        if value is not None:
            assert read_raw(config(*keys, *way)).x.tolist() == value


@pytest.mark.parametrize("sign", ["^", ":", "$"])
def test_a_single_column_of_several_numbers_is_parted_as_advised(tmp_path, sign):
    path = tmp_path / "x.csv"
    path.write_text(f"a{sign}b\n1.5{sign}2\n3{sign}4\n")
    with pytest.raises(InputError) as caught:
        read_raw(config(f"data.path={path}"))
    assert "labels" not in str(caught.value)  # nothing would be left to learn
    typed = advice(str(caught.value), r"split it into columns with ('.*?'|\S+) or")
    keys = as_hydra_takes_it([f"data.path={path}", *typed])
    np.testing.assert_array_equal(read_raw(config(*keys)).x, [[1.5, 2], [3, 4]])
