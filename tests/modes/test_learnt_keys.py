"""Keys of numbers and images that a learnt run does not use are named, and no others."""

import logging

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.modes.opening import open_learnt


@pytest.mark.parametrize(
    "keys, words",
    [
        (["data.scale=255"], ["data.scale=255 has no effect: {} learnt with data.scale=minmax. Leave"]),
        (
            ["data.binarize=threshold"],
            ["data.binarize=threshold has no effect: {} learnt with data.binarize="],
        ),
        (["data.scale=minmax", "data.missing_signs=[-9]", "data.limit=9"], []),
        ([], []),
    ],
)
def test_keys_that_differ_and_have_no_effect(tmp_path, caplog, keys, words):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((20, 2)))
    data = ["data=file", f"data.path={tmp_path}/x.npy", "model=tiny"]
    save_run(tmp_path / "run", *data, "data.scale=minmax")
    caplog.set_level(logging.WARNING)
    caplog.clear()
    open_learnt(compose(*data, "mode=recog", f"mode.run={tmp_path}/run", *keys))
    said = [record.getMessage() for record in caplog.records if "no effect" in record.getMessage()]
    assert len(said) == len(words)
    for one, word in zip(said, words, strict=True):
        assert one.startswith("warning: " + word.format(tmp_path / "run"))
