import logging

from kvae.process.logs import BelowError, LogFile


class Full:
    """A stream on a disk that takes no more."""

    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        pass

    def close(self):
        pass


def test_a_log_that_cannot_be_written_says_so_once_and_goes_on(tmp_path, capsys):
    handler = LogFile(tmp_path / "run.log")
    handler.stream.close()
    handler.stream = Full()
    for _ in range(3):
        handler.handle(logging.makeLogRecord({"msg": "a line"}))
    text = f"warning: {tmp_path / 'run.log'} cannot be written: [Errno 28] No space left on device\n"
    assert capsys.readouterr().err == text


def test_a_fault_in_a_log_line_is_no_full_disk(tmp_path, capsys):
    handler = LogFile(tmp_path / "run.log")
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("text",)}))
    handler.close()
    assert "TypeError" in capsys.readouterr().err


def test_errors_go_to_stderr_alone():
    passed = [BelowError().filter(logging.makeLogRecord({"levelno": level})) for level in (20, 30, 40)]
    assert passed == [True, True, False]
