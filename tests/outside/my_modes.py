"""A mode: how far codes lie from their centre, in a number, a file and a picture."""

from typing import Annotated

import numpy as np

from kvae.metrics import Meaning, measures
from kvae.modes.opening import choose_rows, open_learnt
from kvae.options.rules import number
from kvae.plots import Caption, figure, shows


@shows(distances=Caption("Distances from the centre", "How far codes lie from their mean.", "A histogram"))
def distances(distance):
    fig, axes = figure(4, 3)
    axes[0, 0].hist(distance)
    return fig


@measures(far=Meaning("Far codes", "Share of codes further from their mean than asked for.", "%"))
def far(distance, most):
    return {"far": float(np.mean(distance > most))}


def run(config, folder, tracker, most: Annotated[float, number(0, 1)] = 1.0):
    learnt = open_learnt(config)
    part = choose_rows(config, learnt).part
    z = learnt.vae.encode(part.x[:])[0]
    distance = np.linalg.norm(z - z.mean(axis=0), axis=1)
    folder.vae.write_rows("distance", distance)
    folder.vae.write_figure("distances", distances, distance)
    return far(distance, most)
