import os
import signal

from enforcer.edge.signals import WATCHED, Signals


def test_signals_are_read_once_and_the_old_handlers_come_back() -> None:
    before = {number: signal.getsignal(number) for number in WATCHED}
    signals = Signals()
    try:
        assert signals.read() == set()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.read() == {signal.SIGHUP, signal.SIGTERM}
        assert signals.read() == set()
    finally:
        signals.close()
    assert {number: signal.getsignal(number) for number in WATCHED} == before
