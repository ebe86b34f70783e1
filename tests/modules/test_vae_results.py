import numpy as np
import pytest
from mixed_table import mixed_columns

from kvae.data import InputSpec, Part, Scaling
from kvae.data.pieces import pieces
from kvae.data.row_files import NpyFile
from kvae.data.stored import StoredRows
from kvae.modules import vae_results
from kvae.modules.message import Gaussian
from kvae.modules.vae_losses import Losses, measure
from kvae.modules.vae_results import warn_if_large, write_results
from kvae.runs import ModuleFolder, RunFolder

SPEC = InputSpec((6,), Scaling("divisor", 0.0, 2.0), "none")


@pytest.fixture
def stored(tmp_path, x):
    np.save(tmp_path / "x.npy", x)
    return StoredRows(NpyFile(tmp_path / "x.npy"), 0, len(x), (6,))


@pytest.mark.parametrize("latent", ["mean", "sample"])
@pytest.mark.parametrize("file_format", ["txt", "npy"])
def test_stored_rows_are_recognised_as_an_array_is(
    make_vae, x, stored, tmp_path, monkeypatch, latent, file_format
):
    vae = make_vae()
    whole = ModuleFolder(tmp_path / "whole", file_format)
    written = write_results(vae, Part(x), SPEC, whole, "recog", latent)
    np.testing.assert_array_equal(written.z_mean, vae.encode(x)[0])
    monkeypatch.setattr("kvae.data.pieces.ROWS_PER_PIECE", 16)
    in_pieces = ModuleFolder(tmp_path / "pieces", file_format)
    results = write_results(vae, Part(stored), SPEC, in_pieces, "recog", latent)
    assert results.z_mean is None
    assert results.active_units == written.active_units
    read = np.load if file_format == "npy" else np.loadtxt
    assert read(in_pieces.path / f"x_hat_recog.{file_format}").shape == (60, 6)
    for name in ("x_hat_recog", "z_recog") if latent == "mean" else ("x_hat_recog",):
        ours, theirs = (read(folder.path / f"{name}.{file_format}") for folder in (in_pieces, whole))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_reconstructions_can_be_left_out(make_vae, x, tmp_path):
    folder = ModuleFolder(tmp_path, "npy")
    write_results(make_vae(), Part(x), SPEC, folder, "recog", x_hat=False)
    assert not (tmp_path / "x_hat_recog.npy").exists()
    assert (tmp_path / "reconstructions_recog.png").is_file()


def test_losses_of_stored_rows_are_those_of_the_array(make_vae, x, stored):
    vae = make_vae()
    assert measure(vae, Part(stored)) == pytest.approx(measure(vae, Part(x)), rel=1e-6)


@pytest.mark.parametrize("known_before", [True, False])
def test_losses_of_streamed_rows_come_from_the_pass_that_is_made_anyway(
    make_vae, x, stored, monkeypatch, tmp_path, known_before
):
    monkeypatch.setattr("kvae.data.pieces.ROWS_PER_PIECE", 16)
    vae, read = make_vae(), []
    message = Gaussian(np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32))
    expected = measure(vae, Part(stored), message)
    assert expected != measure(vae, Part(stored))
    of_file = NpyFile.read
    monkeypatch.setattr(NpyFile, "read", lambda *rows: read.extend(range(*rows[1:])) or of_file(*rows))
    losses = Losses(vae, Part(stored), message if known_before else None)
    if known_before:
        write_results(vae, Part(stored), SPEC, ModuleFolder(tmp_path), "recog", "sample", losses=losses)
    else:
        for start, piece in pieces(stored):
            losses.add(start, piece, message.rows(slice(start, start + len(piece))))
    assert losses.results(None if known_before else message) == expected
    drawn = 10 if known_before else 0  # in the picture
    assert sorted(read)[-1] == 59 and len(read) == 60 + drawn and set(read) == set(range(60))
    assert losses.seconds > 0


def test_losses_of_rows_in_memory_are_measured_when_they_are_asked_for(make_vae, x):
    vae, message = make_vae(), Gaussian(np.ones((60, 2), np.float32))
    for losses, given in ((Losses(vae, Part(x), message), None), (Losses(vae, Part(x)), message)):
        losses.add(0, x[:5])
        assert losses.results(given) == measure(vae, Part(x), message)


def test_pieces_cover_every_row_once_in_order(stored, x, monkeypatch):
    monkeypatch.setattr("kvae.data.pieces.ROWS_PER_PIECE", 25)
    found = list(pieces(stored))
    assert [start for start, _ in found] == [0, 25, 50]
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in found]), x)


def test_large_text_files_are_warned_of_with_what_helps(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(vae_results, "MANY_NUMBERS", 20)
    part, numbers = Part(np.zeros((4, 7), np.float32)), InputSpec((7,), Scaling(), "none")
    table = InputSpec((7,), Scaling(), "none", table=mixed_columns())
    words = "the reconstructions are a text file of 28 numbers; "
    for file_format, spec, less in (
        ("txt", numbers, words + "format=npy writes a smaller, faster one"),
        ("npy", numbers, ""),
        ("npy", table, words + "mode.x_hat=false leaves it out"),
    ):
        caplog.clear()
        warn_if_large(part, spec, RunFolder(tmp_path, file_format))
        assert caplog.messages == ([f"warning: {less}"] if less else [])
    warn_if_large(Part(part.x[:2]), table, RunFolder(tmp_path))
    assert len(caplog.messages) == 1
