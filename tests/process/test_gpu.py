import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from kvae import modes
from kvae.process import gpu

ASKED = "--xla_gpu_deterministic_ops=true"


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), False), (("nvidia0",), True), (("nvidiactl", "nvram"), False), (("dxg",), True), (("kfd",), True)],
)
def test_a_gpu_is_known_by_the_names_of_devices(tmp_path, names, expected):
    for name in names:
        (tmp_path / name).touch()
    assert gpu.has_gpu(tmp_path) == expected


def test_no_folder_of_devices_is_no_gpu(tmp_path):
    assert not gpu.has_gpu(tmp_path / "dev")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ASKED),
        (" ", ASKED),
        ("--xla_dump_to=x", f"--xla_dump_to=x {ASKED}"),
        ("--xla_gpu_deterministic_ops=false", "--xla_gpu_deterministic_ops=false"),
        ("flags.txt", "flags.txt"),
    ],
)
def test_xla_is_asked_once_beside_what_the_user_says(monkeypatch, before, after):
    monkeypatch.setattr(gpu, "has_gpu", lambda: True)
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if before is not None:
        monkeypatch.setenv("XLA_FLAGS", before)
    gpu.make_deterministic()
    gpu.make_deterministic()
    assert os.environ["XLA_FLAGS"] == after


def test_without_a_gpu_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(gpu, "has_gpu", lambda: False)
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    gpu.make_deterministic()
    assert "XLA_FLAGS" not in os.environ


def test_a_command_asks_before_keras_comes(monkeypatch):
    order = []
    monkeypatch.setattr(gpu, "make_deterministic", lambda: order.append("asked"))
    monkeypatch.setattr(modes, "import_keras", lambda: order.append("imported") or sys.exit())
    with pytest.raises(SystemExit):
        modes.keras_placed(SimpleNamespace(run=SimpleNamespace(compile_cache=False)))
    assert order == ["asked", "imported"]


@pytest.mark.slow
def test_xla_knows_the_flag_and_reads_it_when_it_first_compiles():
    """An unknown one ends the process; the job of a sweep asks when TensorFlow is loaded already."""
    program = (
        "import os, sys, tensorflow as tf; tf.config.list_physical_devices();"
        "os.environ['XLA_FLAGS'] = sys.argv[1];"
        "print(tf.function(lambda x: x + 1, jit_compile=True)(tf.ones(1)).numpy())"
    )
    answers = [
        subprocess.run([sys.executable, "-c", program, flag], capture_output=True, text=True, timeout=120)
        for flag in (ASKED, "--xla_gpu_nonsense=true")
    ]
    assert answers[0].stdout == "[2.]\n"
    assert "Unknown flag in XLA_FLAGS: --xla_gpu_nonsense=true" in answers[1].stderr
