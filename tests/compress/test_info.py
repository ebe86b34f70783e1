"""`python -m kvae.compress info FILE`: what it says of an archive, whole or not, and how it ends."""

import json
import subprocess
import sys

import pytest
from uses.compression.archive.archives import archive, header, pieces

from kvae.compress import Contents
from kvae.compress.__main__ import main
from kvae.compress.contents import plain
from kvae.uses.compression.archive import Writer


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole.kvae"
    path.write_bytes(archive(pieces(500, 400, 300), coder="1", constriction="0.5.0"))
    return path


def test_it_says_what_the_archive_is(whole, capsys):
    assert main(["info", str(whole)]) == 0
    said, errors = capsys.readouterr()
    assert errors == ""
    size = whole.stat().st_size
    for line in (
        f"{whole}: whole, every checksum fits",
        "observations  30 of 8 x 8 x 1: 64 values",
        "input         pandas",
        "columns       height, weight",
        "coding        lossless",
        f"size          {size:,} bytes, {8 * size / (30 * 64):.4f} bits per value",
        "likelihood    binomial, n 16",
        "model         fingerprint 0123456789abcdef0123456789abcdef",
        "code          3 dimensions in steps of 2^-2 to 2^-4",
        "messages      none",
        "chunks        3 of up to 10 observations",
    ):
        assert line in said
    assert "coder 1, constriction 0.5.0, format version 1" in said


def test_it_gives_json(tmp_path, capsys):
    path = tmp_path / "model.kvae"
    with Writer(path, header(20, with_model=True, model="ab" * 32, lossy={"bits": 4})) as writer:
        writer.add(b"abc", 20)
        writer.add_model(b"model" * 20)
    assert main(["info", "--json", str(path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["archive"], said["bytes"], said["n"], said["chunks"]) == (str(path), path.stat().st_size, 20, 1)
    assert (said["format_version"], said["lossy"], said["lost"]) == (1, {"bits": 4}, [])
    assert said["model_bytes"] > 100
    assert said["bits_per_dim_gross"] == 8 * path.stat().st_size / (20 * 64)


def test_a_damaged_archive_is_said_in_a_sentence_with_what_is_left(whole, capsys):
    content = bytearray(whole.read_bytes())
    content[-200] ^= 1
    broken, other = whole.with_name("broken.kvae"), whole.with_name("other.png")
    broken.write_bytes(content)
    other.write_bytes(b"\x89PNG more")
    assert main(["info", str(broken), str(whole), str(other)]) == 1
    said, errors = capsys.readouterr()
    assert f"{whole}: whole" in said
    first, second = errors.splitlines()
    assert first.startswith(f"error: {broken} is damaged: the chunk at byte ")
    assert first.endswith("Salvage would restore 20 of 30 observations")
    assert second.startswith(f"error: {other} is no archive of kvae: it is a PNG picture. Name")


def test_signs_in_names_do_not_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / "names.kvae"
    with Writer(path, header(0, form={"kind": "\x1b[2J", "head": {"[bold]": ["a\nb", "\u202e"]}})):
        pass
    assert main(["info", str(path)]) == 0
    said = capsys.readouterr().out
    assert "input         \\x1b[2J" in said
    assert r"[bold]        a\nb, \u202e" in said
    assert "nan bits per value" not in said


def test_long_values_are_cut_off():
    assert plain(["column"] * 1000).endswith("...")
    assert plain({"name": "binomial", "n": 16, "of": [1, [2]]}) == "binomial, n 16, of [1, [2]]"


def test_tensorflow_is_not_imported(whole):
    script = f"import sys; from kvae.compress.__main__ import main; main(['info', {str(whole)!r}]); "
    script += "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert Contents.of(whole).lost == []
