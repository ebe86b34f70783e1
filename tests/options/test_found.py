"""Keys of options beside their code: inside the package by a name, outside it by a `_target_`."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from kvae.config import check, compose, instantiate
from kvae.config.conf_files import options_of
from kvae.data import load_data
from kvae.errors import InputError
from kvae.options.found import all_in, names_in
from kvae.options.schema import GROUPS, keys_in, section_class

MINE = """
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kvae.data.options import SplitConfig
from kvae.options.rules import integer

IMPORTED = True


def rows(n: Annotated[int, integer(1, 6)] = 6, width=3, start: float = 0.0):
    return start + np.arange(n * width, dtype=float).reshape(n, width) / 100


def torn():
    raise ValueError("no rows\\ntoday")


def read(config, known):
    return rows(), list("ababab")
"""
BY_OPTIONS = """
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kvae.data.options import SplitConfig
from kvae.options.rules import integer


@dataclass(frozen=True, kw_only=True)
class Options(SplitConfig):
    n: Annotated[int, integer(2, 8)] = 8

    @property
    def path(self):
        return "everywhere"


def read(config, known):
    assert known is None and config.called == "data.path=everywhere"
    return np.ones((config.n, 2)), list(range(config.n))
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder with modules of the user's own, in which a command is typed."""
    (tmp_path / "my_rows.py").write_text(MINE)
    (tmp_path / "my_source.py").write_text(BY_OPTIONS)
    (tmp_path / "my_torn.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("my_rows", "my_source"):
        sys.modules.pop(name, None)


def values(**data):
    return {**compose().plain, "data": data}


@pytest.mark.parametrize("group", [group for group in GROUPS if group not in ("metric", "model", "kl")])
def test_every_option_gives_its_own_name_and_only_its_keys(group):
    for name in (path.stem for path in Path("conf", group).glob("*.yaml")) if group != "train" else []:
        assert section_class(group, {"name": name}, typed=True)().name == name


def test_options_are_found_by_their_files_alone():
    modes = options_of("mode")
    assert names_in("kvae.modes") == modes and {"compress", "learn", "recog"} <= set(modes)
    assert {options().name for options in all_in("kvae.tracking")} == {"none", "tensorboard", "mlflow"}
    assert {"contamination", "run", "shard", "x_hat"} <= keys_in("mode") and "itr" in keys_in("train")


def test_the_arguments_of_a_function_are_the_keys_of_a_source(mine):
    config = check(values(_target_="my_rows.rows", n=4, start=1.0, test_fraction=0.25, scale=2), instantiate)
    assert (config.data.n, config.data.width, config.data.scale) == (4, 3, 2)
    data = load_data(config.data, 0)
    np.testing.assert_allclose(data.train.x, (1 + np.arange(9).reshape(3, 3) / 100) / 2, rtol=1e-6)
    assert len(data.test) == 1


def test_a_module_with_options_and_read_is_a_source_as_those_inside(mine):
    data = load_data(check(values(_target_="my_source", n=5), instantiate).data, 0)
    assert data.train.x.shape == (5, 2) and data.train.labels.tolist() == [0, 1, 2, 3, 4]


def test_a_pair_is_rows_and_labels(mine):
    data = load_data(check(values(_target_="my_rows.read", test_fraction=0.5, split="last"), instantiate).data, 0)
    assert data.test.labels.tolist() == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"_target_": "my_rows.rows", "n": 0}, "data.n must be an integer >= 1. Received: 0. Type, for"),
        ({"_target_": "my_rows.rows", "m": 3}, "unknown key data.m. Allowed under data: _target_, "),
        ({"_target_": "my_rows.raws"}, "data._target_=my_rows.raws is neither installed nor in "),
        ({"_target_": "my_rows.raws"}, "Did you mean my_rows.rows?"),
        ({"_target_": "nowhere.rows"}, "data._target_=nowhere.rows is neither installed nor in "),
        ({"_target_": "my_torn.rows"}, "data._target_=my_torn.rows failed: it imports a_module_that_is"),
        ({"_target_": "my_rows.IMPORTED"}, "data._target_=my_rows.IMPORTED is not a function, nor a module"),
        ({"_target_": "json"}, "data._target_=json is not a function, nor a module with read"),
        ({"_target_": 5}, "data._target_ must be MODULE.FUNCTION. Received: 5"),
        ({"_target_": "a; b"}, "data._target_ must be MODULE.FUNCTION. Received: 'a; b'"),
        ({"name": "nowhere"}, "data.name must be one of digits, fashion_mnist, file, images, mnist, table. "),
        ({"name": "../x"}, "Received: '../x'. Type, for example, data=digits"),
        ({}, "data.name is missing. Type, for example, data.name=digits"),
    ],
)  # fmt: skip
def test_what_is_none_is_told_in_one_sentence(mine, data, text):
    with pytest.raises(InputError) as caught:
        check(values(**data), instantiate)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_what_a_source_says_of_itself_is_told_on_one_line(mine):
    config = check(values(_target_="my_rows.torn"), instantiate)
    with pytest.raises(InputError, match=r"^data\._target_=my_rows\.torn failed: no rows today$"):
        load_data(config.data, 0)


def test_a_saved_config_imports_and_calls_nothing_of_the_user_s_own(mine):
    saved = values(_target_="my_rows.rows", n=4, limit=3)
    config = check(saved)
    assert "my_rows" not in sys.modules
    assert (config.data.limit, config.data.extra) == (3, {"n": 4})
    with pytest.raises(InputError, match=r"^data\._target_=my_rows\.rows comes from a run folder, and code"):
        load_data(config.data, 0)
    for target in ("os.system", "kvae.runs.files.write_json", "builtins.eval"):
        with pytest.raises(InputError, match="code that a folder names is not called"):
            load_data(check(values(_target_=target, command="touch ran")).data, 0)
        for group in ("mode", "prior", "tracking", "kl"):
            plain = {**compose().plain, group: {"_target_": target, "command": "touch ran"}}
            section = getattr(check(plain), group)
            assert section.CALLED is None and section.extra == {"command": "touch ran"}
    assert sorted(path.name for path in mine.iterdir() if path.suffix != ".py" and path.is_file()) == []


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "metric"])
def test_a_key_that_an_option_has_lost_is_left_out_of_a_saved_config(group):
    plain = compose().plain
    saved = {**plain, group: {**plain[group], "lost": 1}}
    section = getattr(check(saved), group)
    assert not hasattr(section, "lost")
    with pytest.raises(InputError, match=rf"unknown key {group}\.lost"):
        check(saved, instantiate)


def test_what_an_earlier_version_saved_is_read_back():
    """The config of a run before options had keys of their own: `ModeConfig` and others held those of all."""
    path = Path(__file__).parent / "config_0_1.json"
    saved = json.loads(path.read_text())
    config = check(saved)
    assert (config.mode.name, config.prior.rounds, config.data.test_fraction) == ("learn", 3, 0.2)
    assert config.plain == saved
