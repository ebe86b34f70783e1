"""What is named as the command to type."""

import pytest

from kvae.process import commands


@pytest.fixture(autouse=True)
def nothing_typed(monkeypatch):
    monkeypatch.delenv(commands.VARIABLE, raising=False)


def test_it_is_what_was_typed_and_else_what_there_is(monkeypatch):
    assert commands.program() == "python run.py"  # tests run in kvae's folder
    monkeypatch.setattr(commands, "IS_PACKED", True)
    assert commands.program() == "kvae"
    for typed in ("python run.py", "kvae"):
        monkeypatch.setenv(commands.VARIABLE, "of the process that started this one")
        commands.begin(typed)
        assert commands.program() == typed


def test_an_extra_comes_from_the_folder_or_to_the_package(monkeypatch):
    assert commands.installing("sweep") == "pip install -c constraints.txt -e '.[sweep]'"
    monkeypatch.setattr(commands, "IS_PACKED", True)
    assert commands.installing("sweep") == "pip install 'kvae-experiments[sweep]'"
