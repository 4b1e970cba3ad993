import click
import pytest
from click.testing import CliRunner

from enforcer.cli.main import main
from enforcer.cli.whole_number import WholeNumber


@pytest.mark.parametrize("verb", ["audit replay x --jobs", "audit tail --lines", "policy lint --ending-within"])
@pytest.mark.parametrize("odd", ["x", "-1", "1.5", "", "9" * 5000])
def test_what_is_none_is_refused_with_what_would_be_one(verb: str, odd: str) -> None:
    told = CliRunner().invoke(main, [*verb.split(), odd])
    assert told.exit_code == 2
    words = " ".join(told.stderr.split())
    assert f"{odd[:100]!r} is no whole number from " in words
    assert "integer range" not in words


def test_its_ends_belong_to_it() -> None:
    number = WholeNumber(1, 64)
    assert [number.convert(text, None, None) for text in ("1", " 64 ", 5)] == [1, 64, 5]
    for beyond in ("0", "65"):
        with pytest.raises(click.BadParameter, match="from 1 to 64"):
            number.convert(beyond, None, None)
