"""What pictures of a table are drawn from."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl

from kvae.data import InputSpec, Part
from kvae.data.scaling import Scaling
from kvae.data.table import encode, infer_columns
from kvae.modules.vae_pictures import draw_reconstructions


def test_dates_are_dates_along_both_axes():
    days = [date(2020, 1, 1 + i % 28) for i in range(60)]
    frame = pl.DataFrame({"day": days, "size": np.random.default_rng(0).normal(size=60)})
    table = infer_columns(frame)
    x, drawn = encode(frame, table), []
    folder = SimpleNamespace(write_figure=lambda name, draw, *shown: drawn.append((name, draw(*shown))))
    spec = InputSpec((2,), Scaling("none"), "none", ("day", "size"), table)
    draw_reconstructions(SimpleNamespace(reconstruct=lambda x: x), Part(x), spec, folder, "learn")
    ((name, figure),) = drawn
    assert name == "table_reconstructions_learn"
    figure.canvas.draw()
    axis = figure.axes[0]
    for label in (*axis.get_xticklabels(), *axis.get_yticklabels()):
        assert date(2019, 12, 1) < date.fromisoformat(label.get_text()) < date(2020, 3, 1)
