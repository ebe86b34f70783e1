"""The reference of config keys: nothing that stands in `conf/` is left out, and its defaults are those."""

import re

import pytest
from generated import keys
from omegaconf import OmegaConf

from kvae.config.conf_files import values_in

OPTIONS = [
    path for group in keys.groups() if group not in keys.WHOLE for path in (keys.CONF / group).glob("*.yaml")
]


@pytest.fixture(scope="module")
def pages():
    return keys.pages()


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_every_key_of_an_option_stands_there_with_its_default(pages, path):
    page = pages[f"reference/keys/{path.parent.name}.md"]
    stands = dict(re.findall(rf'id="{path.stem}\.(\w+)"></span>`[\w.]+` = `(.*?)`[:.]', page))
    wanted = {key: value for key, value in values_in(path).items() if not isinstance(value, dict)}
    assert stands.keys() >= wanted.keys() - {"name", "_target_"}
    for key in wanted.keys() & stands.keys():
        assert OmegaConf.to_container(OmegaConf.create(f"value: {stands[key]}"))["value"] == wanted[key], key


def test_every_group_and_every_key_outside_them_has_a_place(pages):
    composed = OmegaConf.load(keys.CONF / "config.yaml")
    groups = {path.name for path in keys.CONF.iterdir() if path.is_dir()} - {"hydra"}
    assert {f"reference/keys/{group}.md" for group in groups} <= pages.keys()
    outside = set(composed) - {"defaults", "hydra"}
    assert {key for key in outside if f'<span id="{key}">' in pages["reference/keys/index.md"]} == outside


def test_every_key_is_explained(pages):
    unexplained = re.findall(
        r"^- <span[^>]*></span>(`(?!hydra)[^`]*`) = `[^`]*`\.", "\n".join(pages.values()), re.M
    )
    assert unexplained == []


def test_what_is_allowed_comes_from_the_rules(pages):
    line = re.search(r'.*id="default.itr".*', pages["reference/keys/train.md"])[0]
    assert line.endswith(r"*Allowed: an integer \>= 1.*")
    assert "- `K`: *an integer \\>= 1*" in pages["reference/keys/network.md"]


def test_what_a_comment_indents_is_an_example(pages):
    page = pages["reference/keys/metric.md"]
    assert "```yaml\nmine:   " in page
    assert "\n  _target_: my_module.my_metric\n" in page
    assert "python run.py" not in keys.about(keys.CONF / "experiment" / "one_class.yaml")
