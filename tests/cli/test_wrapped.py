from enforcer.cli.wrapped import WIDTH, wrapped


def test_lines_are_indented_hang_and_fit() -> None:
    lines = wrapped("word " * 60, indent=4, hang=2)
    assert [line[:6] for line in lines[:2]] == ["    wo", "      "]
    assert max(map(len, lines)) <= WIDTH


def test_long_words_are_kept_whole() -> None:
    assert wrapped("x" * 200) == ["    " + "x" * 200]


def test_nothing_gives_nothing() -> None:
    assert wrapped("") == []
