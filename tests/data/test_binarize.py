"""Values that are no probabilities are not made binary without a word: neither in learning nor later."""

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes.opening import choose_rows, open_learnt
from kvae.uses import open_run

BYTES = np.random.default_rng(0).integers(0, 256, (40, 3)).astype(np.uint8)
BYTES[0] = 0, 200, 255
FIRST = r"Received: 200 in row 0, column 1 of data\.path=\S+x\.npy"


def config(tmp_path, x, how, *keys):
    np.save(tmp_path / "x.npy", x)
    return compose("data=file", f"data.path={tmp_path}/x.npy", f"data.binarize={how}", "model=tiny", *keys)


@pytest.mark.parametrize("how, memory", [("threshold", 4), ("threshold", 0), ("dynamic", 4)])
def test_bytes_are_learnt_only_with_a_scale(tmp_path, how, memory):
    keys = f"data.memory={memory}"
    text = rf"data\.binarize={how} needs data within \[0, 1\]\. {FIRST}\. Type data\.scale=minmax \(or a divisor, "
    with pytest.raises(InputError, match=rf"{text}data\.scale=255\)$"):
        load_data(config(tmp_path, BYTES, how, keys).data, 0)
    data = load_data(config(tmp_path, BYTES, how, keys, "data.scale=255").data, 0)
    assert how == "dynamic" or set(np.unique(data.train.x[:])) == {0, 1}


@pytest.mark.parametrize("how", ["threshold", "dynamic"])
def test_later_bytes_are_refused(tmp_path, how):
    config(tmp_path, BYTES / 255, how)
    save_run(tmp_path / "run", "data=file", f"data.path={tmp_path}/x.npy", f"data.binarize={how}")
    used = config(tmp_path, BYTES, how, "mode=recog", f"mode.run={tmp_path}/run")
    with pytest.raises(InputError, match=rf"\[0, 1\] after its own scaling \(none\)\. {FIRST}\. Convert the data"):
        choose_rows(used, open_learnt(used))
    run = open_run(tmp_path / "run")
    with pytest.raises(ValueError, match=r"^`x` must hold values in \[0, 1\]: after its own scaling \(none\)"):
        run.encode(BYTES)
    assert len(run.encode(BYTES / 255)[0]) == 40
