"""What people type, and what Hydra is given of it."""

import re
import shlex

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString

from kvae.config import compose
from kvae.config.command_line import as_hydra_takes_it, parses
from kvae.errors import InputError
from kvae.options.quoting import as_typed

NAMES = [
    "data (1).csv", "my data.csv", "x=y.csv", "größe.csv", "日本.csv", "it's.csv", 'q"q.csv', "'.csv", "[1].csv",
    "(1).csv", "{a}.csv", "a#b.csv", "a&b.csv", "a%b@c!.csv", "a*b?.csv", "a;b|c.csv", "<x>.csv",
    "c:\\d (1)\\x.csv",
    "C:\\Users\\größe\\", "dollar$x.csv", "~t.csv", "+x.csv", "-x.csv", "a^b`c.csv", "=x.csv", "a, b (1).csv/",
    "emoji 😀.csv", "a:b.csv", "Preis [€].csv", "tab\t.csv",
]  # fmt: skip


def value_of(override):
    """What Hydra makes of an override."""
    value = OverridesParser.create().parse_override(override).value()
    return value.text if isinstance(value, QuotedString) else value


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_taken_as_it_is_typed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "," in name:  # a file that is there is no list of values
        (tmp_path / name.rstrip("/")).mkdir()
    assert value_of(as_hydra_takes_it([f"data.path={name}"])[0]) == name


def test_what_hydra_reads_stays_as_it_was():
    for override in (
        "seed=3", "data.columns=[a,b]", "name='a b'", 'name="x"', "~data.limit", "+a.b=1", "name=my run", "x=null",
        "data.path=${name}.csv", "hydra.run.dir=${outputs}/x", "x={a:1}",
    ):  # fmt: skip
        assert as_hydra_takes_it([override]) == [override]


def test_names_in_a_list_are_taken_as_they_are_typed():
    overrides = as_hydra_takes_it(["data=file", "data.path=x.csv", "data.columns=[größe,b, Preis (€),3]"])
    assert compose(*overrides).data.columns == ["größe", "b", "Preis (€)", 3]


@pytest.mark.parametrize("typed", ["{age: >60}", "{age: >60, größe: [L, XL]}", '{it\'s: "a, b"}'])
def test_a_mapping_that_hydra_cannot_read_is_a_text(typed):
    found = compose(*as_hydra_takes_it(["mode=generate", f"mode.where={typed}"])).mode.where
    assert found == typed


def test_a_mapping_that_hydra_reads_is_one():
    typed = 'mode.where={body mass: ">=4000", sex: female, island: [Biscoe, Dream], income: null}'
    expected = {"body mass": ">=4000", "sex": "female", "island": ["Biscoe", "Dream"], "income": None}
    assert compose("mode=generate", typed).mode.where == expected


def test_values_of_a_sweep_are_several():
    options = as_hydra_takes_it(["data.path=größe.csv,b (1).csv,c.csv", "--multirun"])
    assert options == ["--multirun", "data.path='größe.csv','b (1).csv',c.csv"]


def test_the_home_of_the_user_is_known(monkeypatch):
    monkeypatch.setenv("HOME", "/home/müller")
    assert as_hydra_takes_it(["data.path=~/x.csv", "name=~"]) == ["data.path='/home/müller/x.csv'", "name='~'"]
    monkeypatch.setenv("HOME", "/home/me")
    assert as_hydra_takes_it(["data.path=~/x.csv"]) == ["data.path=/home/me/x.csv"]


def test_quotes_that_kvae_adds_are_left_out_again():
    for typed in ("data.path=data (1).csv", "data.path=größe.csv", "seed=3", "name=a b"):
        assert as_typed(as_hydra_takes_it([typed])[0]) == typed
    for own in ("name='3'", "name='a,b'", "name='a'", "name=''", "name='"):  # which mean something
        assert as_typed(own) == own


def test_quotes_stay_where_hydra_would_read_something_else_without_them():
    rng = np.random.default_rng(0)
    left_out = 0
    signs = list('aZ09_ /-+.$%*@?|:()[]{}"=#~ü')
    for _ in range(3000):
        text = "".join(rng.choice(signs, rng.integers(1, 7)))
        if as_typed(f"name='{text}'") == f"name={text}":
            left_out += 1
            assert not parses(f"name={text}"), text
    assert left_out > 1000


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (["a=1", "-m", "b=1,2"], ["-m", "a=1", "b=1,2"]),
        (["a=1", "--cfg", "job", "b=2"], ["--cfg", "job", "a=1", "b=2"]),
        (["a=1", "--cfg=job"], ["--cfg", "job", "a=1"]),
        (["--info", "a=1"], ["--info", "a=1"]),
        (["a=1", "--info", "searchpath"], ["--info", "searchpath", "a=1"]),
        (["a=1", "--multi"], ["--multirun", "a=1"]),
        (["a=1", "-h"], ["-h", "a=1"]),
        (["a=1", "--config-dir", "."], ["--config-dir", ".", "a=1"]),
        (["-sc", "query=bash"], ["-sc", "query=bash"]),
    ],
)
def test_options_may_stand_anywhere(typed, taken):
    assert as_hydra_takes_it(typed) == taken


MISTAKES = {
    ("data.path",): "data.path lacks a value. Type data.path=...",
    ("data.path", "=", "x.csv"): "without spaces around =: data.path=x.csv",
    ("data.path", "=x.csv"): "without spaces around =: data.path=x.csv",
    ("data.path=", "x.csv"): "x.csv is no key=value. For a table or an array type data=file data.path=x.csv",
    ("-m", "model.latent_dim=2,3,"): "a value is missing before or after a comma",
    ("data.columns=[a,,b]",): "a value is missing before or after a comma",
    ("data.decimal=,",): "For a text of commas type \"data.decimal=','\"",
    ("name=???",): "??? means that the value is missing. Type a value for name",
    ("train.itr:3",): "train.itr:3 is no key=value. Type train.itr=3",
    ("data.path:", "x.csv"): "data.path: is no key=value. Type data.path=x.csv",
    ("my data.csv",): "type data=file 'data.path=my data.csv'",
    ("photos",): "photos is no key=value. For a folder of images type data=images data.path=photos",
    ("=5",): "=5 has no key before it",
    ("",): "an argument is empty, perhaps a variable of the shell that is not set",
    (
        "--data.path=x.csv",
    ): "--data.path=x.csv is no option. Keys have no dashes before them: type data.path=x.csv",
    ("-data.path", "x"): "Keys have no dashes before them: type data.path=...",
    ("--mutlirun",): "--mutlirun is no option. Did you mean --multirun?",
    ("mode.where={age:'>3',age:'<5'}",): "names age twice. Type each key of a mapping once",
    ("model.encoder={_target_:f,a:[{b:1,b:2}]}",): "names b twice",
    ("-m", "seed=0,1", "--cfg", "job"): "-m and --cfg do not go together. Leave one of them out",
    ("--info", "-c=job"): "--info and -c do not go together. Leave one of them out",
    ("-x",): "-x is no option. Type python run.py --help",
    ("--cfg", "jbo"): "--cfg must be one of job, hydra, all. Received: jbo",
    ("--cfg",): "--cfg lacks its value. Type --cfg job",
    ("-m=3",): "-m takes no value. Received: 3",
    ("--config-dir=nope",): "--config-dir=nope is no folder (looked in ",
    ("--experimental-rerun", "x"): "it reads a pickle. To resume a run type resume=FOLDER",
    ("model.hidden_encoder_dim=[100,", "50]"): "Type lists in quotes: 'model.hidden_encoder_dim=[100, 50]'",
    ("data.columns=[a,b",): "begins a list and does not end it. Type lists in quotes: 'data.columns=[a,b]'",
    ("data.columns=[ö,'a,b']",): "Put names that hold more than letters, digits and spaces in single quotes",
    ("data.columns=[ö,[a]]",): "Put names that hold more than letters",
    ("name=${",): "begins a reference with ${ and does not end it",
    ("name=${oc.env:HOME",): "begins a reference with ${ and does not end it",
    ("name=ö,ä",): "name=ö,ä holds several values. Type -m before it for a sweep",
    ("größe=1",): "größe is no key. Keys are letters, digits, _ and dots",
    ("data=[file,digits]",): "Received: [file,digits]. For a sweep over several type -m data=file,digits",
    ("data=null",): "data must be one of digits, fashion_mnist, file, images, mnist, table. Received: null",
    ("data=",): "Received: nothing. To keep the default, leave data out",
    ("data=3",): "data must be one of digits, fashion_mnist, file, images, mnist, table. Received: 3",
    ("experiment=null",): "Received: null. To keep the default, leave experiment out",
    ("hydra=3",): "hydra has keys, and no options. Received: 3",
}


@pytest.mark.parametrize("typed", MISTAKES, ids=" ".join)
def test_a_mistake_is_one_line_with_what_to_type(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my data.csv").write_text("1,2\n")
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError) as caught:
        as_hydra_takes_it(list(typed))
    assert MISTAKES[typed] in str(caught.value)
    assert "\n" not in str(caught.value)


ADVICE = [
    ("name=a,b", r"or (\"name=.*?\") for a text", "name", "a,b"),
    ("name=ö,ä", r"or (\"name=.*?\") for a text", "name", "ö,ä"),
    ("name=${", r"for the text itself, ('.*')$", "name", "${"),
    ("name=${nope} (1)", r"single quotes: ('.*')$", "name", "${nope}"),
    ("+seed=4", r"without \+: (\S+)$", "seed", 4),
]


@pytest.mark.parametrize(("typed", "pattern", "key", "value"), ADVICE)
def test_what_is_advised_works_when_it_is_typed(typed, pattern, key, value):
    with pytest.raises(InputError) as caught:
        compose(*as_hydra_takes_it([typed]))
    advice = re.search(pattern, str(caught.value))
    assert advice is not None, str(caught.value)
    assert getattr(compose(*as_hydra_takes_it(shlex.split(advice[1]))).run, key) == value


HYDRA = {
    "hydra.foo=1": "unknown key hydra.foo. python run.py --cfg job shows the keys",
    "data@x=file": "unknown key data@x",
    "path=x": "unknown key path. Allowed at the top: ",
    "latent_dim=3": "unknown key latent_dim. Did you mean model.latent_dim?",
    "data/limit=3": "unknown key data/limit. Did you mean data.limit?",
    "train.itr.foo=3": "unknown key train.itr.foo. train.itr has no keys",
    "+seed=1": "there is a key seed already. Type it without +: seed=1",
    "~data": "data.name is missing. Type, for example, data.name=digits",
    "~seed": "seed is missing. Type, for example, seed=0",
    "~data.limit": "~data.limit deletes nothing: data.limit is null or no key. To set a key to null, type ",
    "seed=0,1": "seed=0,1 holds several values. Type -m before it for a sweep, 'seed=[0,1]' for a list",
    "seed=range(0,3)": "seed=range(0,3) is a sweep, which needs -m: python run.py -m 'seed=range(0,3)'",
    "name=${nope}": "name refers to ${nope}, but there is no key nope",
    "name=${name}": "name refers to itself",
    "name=${foo:1}": "name refers to ${foo:...}, but there is no resolver foo",
    "name=${oc.env:KVAE_NOPE}": "name refers to the environment variable KVAE_NOPE, which is not set",
    "hydra.job.chdir=abc": "hydra.job.chdir=abc is of the wrong type: it must be a bool",
}
# How Hydra and OmegaConf speak.
FOREIGN = (
    "full_key",
    "object_type",
    "mismatched",
    "expecting",
    "Lexer",
    "append to your",
    "interpolation",
    "struct",
)


@pytest.mark.parametrize("override", HYDRA)
def test_what_hydra_says_is_told_in_terms_of_what_was_typed(override):
    with pytest.raises(InputError) as caught:
        compose(*as_hydra_takes_it([override]))
    assert HYDRA[override] in str(caught.value)
    assert not any(word in str(caught.value) for word in FOREIGN)
    assert "\n" not in str(caught.value)
