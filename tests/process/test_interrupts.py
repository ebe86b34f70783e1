import os
import signal
import threading

import pytest

from kvae.process.interrupts import Interrupted, deferred, end_on_signals


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_waits_for_the_check(number, status):
    reached = []
    with pytest.raises(Interrupted) as caught, deferred() as check:
        send(number)
        reached.append("after the signal")
        check()
        reached.append("after the check")
    assert reached == ["after the signal"]
    assert caught.value.exit_status == status


def test_the_second_signal_does_not_wait():
    reached = []
    with pytest.raises(Interrupted), deferred():
        send(signal.SIGTERM)
        reached.append(1)
        send(signal.SIGTERM)
        reached.append(2)
    assert reached == [1]


def test_a_signal_after_the_last_check_is_not_lost():
    with pytest.raises(Interrupted), deferred():
        send(signal.SIGINT)


def test_the_handlers_of_before_come_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_nothing_is_held_back():
    found = []

    def work():
        before = signal.getsignal(signal.SIGINT)
        end_on_signals()
        with deferred() as check:
            found.append(signal.getsignal(signal.SIGINT) is before)
            check()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True]


def test_sigterm_unwinds_a_program_that_asks_for_it():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        end_on_signals()
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
