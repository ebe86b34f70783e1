import gc

import pytest

from kvae.process import collector
from kvae.process.collector import importing


@pytest.fixture
def frozen(monkeypatch):
    """What stays in the end is let go of again; nothing is left for the end of Python."""
    ends = []
    monkeypatch.setattr(collector.atexit, "register", ends.append)
    yield ends
    gc.unfreeze()


def test_nothing_is_collected_within_and_what_was_made_is_left_out_afterwards(frozen):
    gc.collect()
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]
    assert gc.isenabled() and gc.get_freeze_count() >= before + len(made)
    assert frozen == [gc.freeze]


def test_an_import_that_fails_leaves_the_collector_as_it_was(frozen):
    gc.disable()
    try:
        with pytest.raises(ImportError), importing():
            raise ImportError
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()
