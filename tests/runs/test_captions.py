import inspect
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from kvae import plots
from kvae.report.pictures import pictures_of
from kvae.runs import RunFolder
from kvae.runs.captions import DECLARED, Caption, caption_named, kept_caption, shows
from kvae.runs.pictures import write_picture

MINE = Caption("Wärme", "Wie warm — und wo?", "A map", "curves", 15)


@shows(heat=MINE)
def heat():
    return plots.figure(2, 2)[0]


def plain():
    """What a picture without a caption shows.

    Not shown.
    """
    return plots.figure(2, 2)[0]


def test_a_picture_keeps_what_it_shows(tmp_path, monkeypatch):
    write_picture(tmp_path / "heat_learn.png", heat)
    monkeypatch.delitem(DECLARED, "heat")
    png = (tmp_path / "heat_learn.png").read_bytes()
    assert kept_caption(png) == MINE
    assert Image.open(io.BytesIO(png)).text["Description"] == MINE.text


def test_without_a_caption_it_keeps_its_name_and_the_docstrings_first_line(tmp_path):
    write_picture(tmp_path / "of_mine.png", plain)
    expected = Caption("Of mine", "What a picture without a caption shows.", "Of mine")
    assert kept_caption((tmp_path / "of_mine.png").read_bytes()) == expected


def test_the_report_puts_it_at_its_place(tmp_path):
    folder = RunFolder(tmp_path)
    rows = [{"iteration": 1, "loss": 1.0, "reconstruction": 1.0, "kl": 0.0}]
    for name, draw, *arguments in (
        ("of_mine", plain),
        ("rounds", plots.rounds, [{"round": 1, "accuracy": 0.5, "nmi": 0.5, "ari": 0.5}]),
        ("heat", heat),
        ("loss", plots.loss_curve, rows),
    ):
        folder.vae.path.mkdir(exist_ok=True)
        folder.vae.write_figure(name, draw, *arguments)
    Image.new("RGB", (4, 4)).save(folder.vae.path / "latent_recog.png")  # as an earlier version wrote it
    found = pictures_of(folder)
    titles = [picture.caption.title for picture in found]
    assert titles == [
        "Learning curves", "Wärme", "Agreement with the labels by round", "Latent codes", "Of mine",
    ]  # fmt: skip
    assert [picture.caption.section for picture in found[:3]] == ["curves"] * 3


def test_the_longest_beginning_counts():
    captions = {"latent": Caption("a"), "latent_round1": Caption("b"), "late": Caption("c")}
    assert caption_named("latent_round1", captions).title == "b"
    assert caption_named("latent_learn", captions).title == "a"
    assert caption_named("latency", captions) is None


@pytest.mark.parametrize("place", ["-1", "1e9", "99999", "x"])
def test_a_forged_place_is_the_last(place):
    info = PngImagePlugin.PngInfo()
    for key, text in {"Title": "t", "Section": "pictures", "Place": place}.items():
        info.add_text(key, text)
    out = io.BytesIO()
    Image.new("L", (2, 2)).save(out, "PNG", pnginfo=info)
    assert kept_caption(out.getvalue()).place == 1000


def test_what_is_damaged_keeps_nothing():
    out = io.BytesIO()
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(out, "PNG")
    png = out.getvalue()
    assert all(kept_caption(png[:n]) is None for n in range(len(png)))
    forged = png[:8] + b"\xff\xff\xff\xfftEXtTitle\0t"
    assert kept_caption(forged) is None


def test_every_picture_that_kvae_draws_says_what_it_shows():
    functions = [value for value in map(vars(plots).get, plots.__all__) if inspect.isfunction(value)]
    drawing = [one for one in functions if one.__annotations__.get("return") is Figure]
    assert len(drawing) >= 10
    assert all(caption.text and caption.alt for one in drawing for caption in one.shows.values())
