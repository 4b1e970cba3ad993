from pathlib import Path

from enforcer.cli.stored import nothing_recorded


def test_tells_where_it_looked_and_what_to_do() -> None:
    error = nothing_recorded(Path("/x/y"))
    assert "/x/y" in error.why
    assert "--store" in error.cure
