"""What the readers answer with."""

from enforcer.decode.named import NO_NAMES, FirstData, skipped


def test_who_names_nobody_ends_the_reading_and_who_skips_does_not() -> None:
    assert FirstData(how=None, names=(), addresses=(), final=True, used=0) == NO_NAMES
    assert skipped(7) == FirstData(how=None, final=False, used=7)
