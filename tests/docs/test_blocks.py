"""Every code block of the pages for people: it says what it is, and what it tells one to type can be typed.

Commands are composed and checked here as the command line does it before it loads anything; `test_commands.py`
runs them.
"""

import importlib.util
import itertools
import re
import tomllib

import pytest
import yaml
from doc_blocks import BLOCKS, COMMANDS, PAGES, ROOT, outside_blocks
from hydra.core.override_parser.overrides_parser import OverridesParser

from kvae.config.command_line import as_hydra_takes_it
from kvae.config.hydra_app import compose

# What a test executes or checks; `text` is output, or a drawing in letters, and `math` an equation.
EXECUTED, SHOWN = {"sh", "python", "yaml"}, {"text", "math"}
# Folders of one's own, which `test_commands.py` makes.
OWN = "--config-dir"
PROGRAMS = {
    "python", "pip", "pytest", "ruff", "yamllint", "mypy", "lint-imports", "pre-commit", "pip-audit", "mkdocs",
    "tensorboard", "mlflow", "export", "ulimit", "kvae", "eval",
}  # fmt: skip
RUNS = list(
    dict.fromkeys(
        one.words[len(program) :]
        for program in (("python", "run.py"), ("kvae",))
        for one in COMMANDS
        if one.words[: len(program)] == program and not {"--version", "--help", "-sc"} & set(one.words)
    )
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_is_fenced_and_says_its_language(page):
    lines = outside_blocks(page).splitlines()
    indented = [after for before, after in itertools.pairwise(lines) if not before and re.match(r" {4}\S", after)]
    assert indented == []
    name = page.relative_to(ROOT).as_posix()
    assert {block.language for block in BLOCKS if block.page == name} <= EXECUTED | SHOWN


def test_there_are_commands_to_check():
    assert len(RUNS) > 50


def test_every_program_is_known():
    assert {command.words[0] for command in COMMANDS} <= PROGRAMS


def test_every_extra_that_is_installed_is_there():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = [
        found for command in COMMANDS for word in command.words for found in re.findall(r"^\.\[(.+)\]$", word)
    ]
    assert named
    assert {name for names in named for name in names.split(",")} <= extras.keys()


def test_every_module_that_is_run_is_there():
    modules = {command.words[2] for command in COMMANDS if command.words[:2] == ("python", "-m")}
    assert [name for name in sorted(modules) if importlib.util.find_spec(name) is None] == []


def test_every_yaml_is_one():
    read = [yaml.safe_load(block.text) for block in BLOCKS if block.language == "yaml"]
    assert read
    assert all(isinstance(one, dict) for one in read)


def test_every_python_is_one():
    for block in BLOCKS:
        if block.language == "python":
            compile(block.text, str(block), "exec")


@pytest.mark.slow
@pytest.mark.parametrize("words", [words for words in RUNS if OWN not in " ".join(words)], ids=" ".join)
def test_every_run_is_one_that_the_command_line_takes(words):
    typed = as_hydra_takes_it(list(words))
    compose(*(first_of(override) for override in typed if not override.startswith("-")))


def first_of(override):
    """An override, of a sweep the first of its values."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    if not parsed.is_sweep_override():
        return override
    if parsed.is_choice_sweep() or parsed.is_range_sweep():
        return f"{parsed.key_or_group}={next(parsed.sweep_string_iterator())}"
    return f"{parsed.key_or_group}={int(parsed.value().start)}"
