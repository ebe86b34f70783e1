import threading

import pytest

from kvae.data.ahead import one_ahead


def noted(made, n=5):
    for number in range(n):
        made.append((number, threading.get_ident()))
        yield number


def test_one_ahead_keeps_the_order():
    assert list(one_ahead(noted([]))) == [0, 1, 2, 3, 4]
    assert list(one_ahead([])) == []
    assert list(one_ahead(iter([None, None]))) == [None, None]


def test_the_next_is_made_meanwhile_and_no_more():
    made = []
    begun = threading.Event()

    def items():
        yield 0
        begun.set()
        yield from noted(made)

    found = one_ahead(items())
    assert next(found) == 0
    assert begun.wait(10)  # made while 0 is worked on
    assert next(found) == 0
    found.close()
    assert [number for number, _ in made] == [0, 1]
    assert made[0][1] != threading.get_ident()


def test_what_fails_is_raised_where_it_would_have_come():
    def items():
        yield 1
        raise OSError("gone")

    found = one_ahead(items())
    assert next(found) == 1
    with pytest.raises(OSError, match="gone"):
        next(found)


def test_one_who_stops_leaves_no_thread():
    before = threading.active_count()
    for number in one_ahead(noted([])):
        if number == 1:
            break
    assert threading.active_count() == before
