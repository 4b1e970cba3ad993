import pytest

from enforcer.model.store_limits import seconds, size


def test_ages_and_sizes() -> None:
    assert [seconds(text) for text in ("", "36h", "400d", "52w")] == [None, 129_600, 34_560_000, 31_449_600]
    assert [size(text) for text in ("", "1 GiB", "500MB", "2 TB")] == [None, 2**30, 500_000_000, 2 * 10**12]


@pytest.mark.parametrize("text", ["0d", "400", "1y", "-1d", "1.5d", "d", "1 GiB", "400d\n"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read; write 36h, 400d or 52w"):
        seconds(text)


@pytest.mark.parametrize("text", ["1", "0 GiB", "1 GIB", "1  GiB", "GiB", "400d"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read; write 500 MB or 1 GiB"):
        size(text)
