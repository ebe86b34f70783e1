"""What all records have in common, with a sink that only remembers."""

import math

import pytest

from kvae.runs import RunFolder
from kvae.tracking.recorder import PAUSE, RETRY, Recorder


class Memory:
    """A sink that keeps everything, and fails while `broken`."""

    place = "memory"

    def __init__(self, last=None):
        self.last, self.points, self.attempts, self.ended, self.broken = last or {}, [], 0, None, False

    def begin(self, folder):
        return dict(self.last)

    def write(self, points):
        self.attempts += 1
        if self.broken:
            raise ConnectionError("the server\nis gone")
        self.points += [(point.name, point.step, point.value) for point in points]

    def finish(self, metrics, step, folder):
        self.write([])
        self.ended = (metrics, step)

    def fail(self, reason, interrupted):
        self.ended = (reason, interrupted)


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def begun(sink, folder, now):
    recorder = Recorder(sink, clock=lambda: now[0])
    recorder.begin(folder)
    return recorder


def test_a_row_becomes_a_point_per_column(folder, now):
    sink = Memory()
    begun(sink, folder, now).log(5, {"loss": 2.0, "kl": 1})
    assert sink.points == [("training/loss", 5, 2.0), ("training/kl", 5, 1.0)]


def test_what_is_recorded_already_is_not_recorded_again(folder, now):
    sink = Memory({"training/loss": 10})
    recorder = begun(sink, folder, now)
    for iteration in (5, 10, 15, 15):
        now[0] += PAUSE
        recorder.log(iteration, {"loss": iteration})
        recorder.log(iteration, {"ari": 0.5}, "mixture")
    recorder.finish({}, folder)
    assert [step for name, step, _ in sink.points if name == "training/loss"] == [15]
    assert [step for name, step, _ in sink.points if name == "mixture/ari"] == [5, 10, 15]


def test_short_intervals_share_a_write(folder, now):
    sink = Memory()
    recorder = begun(sink, folder, now)
    for iteration in range(100):
        now[0] += PAUSE / 40
        recorder.log(iteration, {"loss": 1.0})
    assert sink.attempts == 3
    recorder.finish({"loss": 1.0}, folder)
    assert [step for _, step, _ in sink.points] == list(range(100))
    assert sink.ended == ({"loss": 1.0}, 99)


def test_what_is_not_finite_is_left_out(folder, now):
    sink = Memory()
    begun(sink, folder, now).log(5, {"loss": math.nan, "kl": math.inf, "reconstruction": 1.0})
    assert sink.points == [("training/reconstruction", 5, 1.0)]


def test_a_sink_that_fails_is_warned_of_once_and_gets_all_when_it_is_back(folder, now, caplog):
    sink = Memory()
    recorder = begun(sink, folder, now)
    sink.broken = True
    for iteration in range(1, 5):
        recorder.log(iteration, {"loss": 1.0})
    assert sink.attempts == 1  # the next only after a while, however many rows there are
    now[0] += RETRY
    recorder.log(5, {"loss": 1.0})
    now[0] += RETRY
    recorder.log(6, {"loss": 1.0})
    assert sink.attempts == 2  # the wait doubles
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == 1
    assert said[0].startswith("warning: memory cannot be written: the server is gone. The run continues, and")
    sink.broken = False
    recorder.finish({"loss": 1.0}, folder)
    assert [step for _, step, _ in sink.points] == [1, 2, 3, 4, 5, 6]
    assert sink.ended == ({"loss": 1.0}, 6)
    assert "incomplete" not in caplog.text


def test_a_sink_that_stays_away_is_said_to_be_incomplete(folder, now, caplog):
    sink = Memory()
    recorder = begun(sink, folder, now)
    sink.broken = True
    recorder.log(1, {"loss": 1.0})
    recorder.finish({"loss": 1.0}, folder)
    assert sink.ended is None
    assert "warning: the record of this run in memory is incomplete; the run folder is not" in caplog.text


def test_nobody_who_asked_for_the_end_waits_for_a_sink_that_fails(folder, now):
    sink = Memory()
    recorder = begun(sink, folder, now)
    sink.broken = True
    recorder.log(1, {"loss": 1.0})
    recorder.fail("asked to end", interrupted=True)
    assert sink.attempts == 1 and sink.ended is None


def test_what_was_not_begun_leaves_no_trace(folder):
    sink = Memory()
    recorder = Recorder(sink)
    recorder.log(1, {"loss": 1.0})
    recorder.fail("data.path=x does not exist")
    recorder.finish({"loss": 1.0}, folder)
    assert sink.points == [] and sink.ended is None
