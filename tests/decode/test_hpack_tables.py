"""The tables against another's copy of them."""

from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

from enforcer.decode.hpack_tables import CODE_LENGTHS, CODE_STARTS, CODE_SYMBOLS, EOS, LONGEST, STATIC


def test_the_static_table() -> None:
    assert tuple(HeaderTable.STATIC_TABLE) == STATIC


def test_the_codes() -> None:
    rows = zip(CODE_SYMBOLS, CODE_STARTS, CODE_LENGTHS, strict=True)
    ours = {symbol: (start >> LONGEST - length, length) for symbol, start, length in rows}
    theirs = {n: (REQUEST_CODES[n], REQUEST_CODES_LENGTH[n]) for n in range(EOS + 1)}
    assert ours == theirs
    assert list(CODE_STARTS) == sorted(CODE_STARTS)
