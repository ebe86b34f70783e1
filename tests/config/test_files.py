"""Config files of users that cannot be read, and names that no file can have."""

import errno
import logging

import pytest

from kvae.config import check, compose
from kvae.config.errors import job_errors
from kvae.config.words import is_mistake, worded
from kvae.errors import InputError

FILES = {
    "torn": (
        b"a: [1\n",
        r"/model/torn(\.yaml)? cannot be read as YAML: expected .* in line 2",
    ),
    "tab": (b"\tlatent_dim: 3\n", "cannot be read as YAML: found character .* in line 1"),
    "binary": (b"\xff\xfe\x00", "cannot be read as YAML: it is not UTF-8 text"),
    "list": (b"- 1\n", "model"),
    "short": (b"latent_dim: 3\n", r"model\.encoder is missing\. Type, for example, model\.encoder\._target_="),
    "names": (
        b"defaults:\n  - nope\n",
        r"model/names\.yaml names model/nope in its list of defaults, but there is no such",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_config_file_that_cannot_be_read_is_one_line(tmp_path, name):
    content, expected = FILES[name]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / f"{name}.yaml").write_bytes(content)
    with pytest.raises(InputError, match=expected) as caught:
        compose(f"hydra.searchpath=[file://{tmp_path}]", f"model={name}")
    assert "\n" not in str(caught.value) and "provider=" not in str(caught.value)


def test_a_section_that_is_a_list_is_refused():
    with pytest.raises(InputError, match=r"model must hold keys\. Received: \[1\]"):
        check({**compose().plain, "model": [1]})


def test_a_name_that_is_too_long_is_one_line():
    error = OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300)
    assert is_mistake(error) and worded(error) == f"a name is too long for a file or folder: {'x' * 60}..."
    assert not is_mistake(FileNotFoundError(errno.ENOENT, "x", "y"))
    assert not is_mistake(UnicodeDecodeError("utf-8", b"x", 0, 1, "of data, and not of a config"))


def test_a_mistake_is_told_where_logging_is_switched_off(capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with pytest.raises(InputError), job_errors():
        raise InputError("a wrong key")
    assert capsys.readouterr().err == "error: a wrong key\n"
