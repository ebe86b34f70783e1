"""Where and how a command is started: settings of other projects, folders that are gone, terminals of old."""

import importlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from kvae.config.callbacks import check_backend, check_place
from kvae.config.command_line import as_hydra_takes_it
from kvae.errors import InputError
from kvae.modes import import_keras, keras_is_ready
from kvae.process.logs import say_all_signs
from kvae.sweep import resources

RUN = Path(__file__).resolve().parents[1] / "run.py"


def test_another_backend_is_one_line(monkeypatch):
    for backend in ("jax", "torch", "nonsense"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        with pytest.raises(
            InputError, match=f"KERAS_BACKEND={backend} is set, .* Type KERAS_BACKEND=tensorflow before"
        ):
            check_backend()
    for backend in ("tensorflow", ""):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        check_backend()


def test_a_backend_that_is_set_to_nothing_is_tensorflow():
    code = "import os, kvae; assert os.environ['KERAS_BACKEND'] == 'tensorflow'"
    environment = os.environ | {"KERAS_BACKEND": ""}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, cwd=RUN.parent)


def test_a_folder_that_is_gone_is_one_line(tmp_path):
    (tmp_path / "gone").mkdir()
    code = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && exec {sys.executable} {RUN} --help"
    ended = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: the current folder no longer exists") and ended.stderr.count("\n") == 1


def test_settings_of_keras_that_cannot_be_read_are_one_line(monkeypatch, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"floatx": "double"}))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def broken(name):
        raise ValueError("Invalid floatx\nin keras.json")

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.raises(InputError, match=r"keras\.json \(Invalid floatx in keras\.json\)\. Fix or remove it"):
        import_keras()
    (tmp_path / "keras.json").unlink()
    with pytest.raises(ValueError, match="Invalid floatx\n"):  # a fault of another kind
        import_keras()


def test_settings_of_keras_for_another_project_do_not_change_a_command():
    from keras import config

    before = config.floatx(), config.image_data_format(), config.epsilon()
    try:
        config.set_floatx("float16")
        config.set_image_data_format("channels_first")
        config.set_epsilon(0.1)
        keras_is_ready()
        assert (config.floatx(), config.image_data_format(), config.epsilon()) == (
            "float32",
            "channels_last",
            1e-7,
        )
    finally:
        for set_value, value in zip(
            (config.set_floatx, config.set_image_data_format, config.set_epsilon), before, strict=True
        ):
            set_value(value)


def test_a_lock_that_another_user_holds_is_a_word_and_no_end(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")

    def denied(self, **options):
        raise PermissionError(13, "Permission denied", self.lock_file)

    monkeypatch.setattr("filelock.FileLock.acquire", denied)
    with resources.own_gpu(3, tmp_path) as variables:
        assert variables == {"CUDA_VISIBLE_DEVICES": "6"}
    assert "gpu-4.lock cannot be held (Permission denied): jobs share the GPUs in turn" in caplog.text


def test_a_terminal_without_some_letters_shows_their_numbers(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    say_all_signs()
    print("größe \udcc3", file=sys.stderr, flush=True)
    assert sys.stderr.buffer.getvalue() == b"gr\\xf6\\xdfe \\udcc3\n"


def test_a_name_that_the_locale_cannot_read_is_one_line():
    with pytest.raises(InputError, match=r"gr\\udcc3.* Type LC_ALL=C\.UTF-8 before the command, or rename"):
        as_hydra_takes_it(["data.path=gr\udcc3\udcb6.csv"])


def handler_of(name, **options):
    """A handler as the config of Hydra's logging makes it."""
    config = OmegaConf.to_container(OmegaConf.load(RUN.parent / "conf" / "hydra" / "job_logging" / "kvae.yaml"))
    keys = {key: value for key, value in config["handlers"][name].items() if key in ("encoding", "errors")}
    module, _, kind = config["handlers"][name]["class"].rpartition(".")
    return getattr(importlib.import_module(module), kind)(**keys, **options)


def record(text):
    return logging.LogRecord("kvae", logging.INFO, "", 0, text, None, None)


def test_the_log_of_a_run_takes_any_sign(tmp_path):
    log = handler_of("file", filename=str(tmp_path / "run.log"))
    log.emit(record("größe \udcc3"))
    log.close()
    assert (tmp_path / "run.log").read_text("utf-8") == "größe \\udcc3\n"


def test_output_that_nobody_reads_any_more_is_one_line_and_no_end(capfd):
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    terminal = handler_of("console", stream=stream)
    for text in ("one", "two"):
        terminal.emit(record(text))
    stream.close()
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "output cannot be written any more (Broken pipe); the run continues" in said


@pytest.mark.parametrize("kind", ["run", "sweep"])
def test_a_file_where_runs_are_to_be_is_named_as_it_was_typed(tmp_path, kind):
    (tmp_path / "file").write_text("")

    def config(outputs, folder):
        return OmegaConf.create({"outputs": str(outputs), "hydra": {kind: {"dir": str(folder)}}})

    outputs = tmp_path / "file" / "deeper"
    with pytest.raises(InputError, match=r"outputs=.*/file/deeper can hold no runs: .*/file is a file"):
        check_place(config(outputs, outputs / "vae" / "learn"), kind)
    with pytest.raises(InputError, match=rf"hydra\.{kind}\.dir=.*/file can hold no runs"):
        check_place(config(tmp_path / "outputs", tmp_path / "file"), kind)
    check_place(config(tmp_path / "outputs", tmp_path / "outputs" / "vae"), kind)


def test_the_package_says_what_to_type():
    ended = subprocess.run([sys.executable, "-m", "kvae"], capture_output=True, text=True, cwd=RUN.parent)
    assert ended.returncode == 1 and ended.stderr.startswith("error: type python run.py")
