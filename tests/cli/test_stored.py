from pathlib import Path

import pytest

from enforcer.cli.stored import stored
from enforcer.model.errors import EdgeError


def test_tells_where_it_looked_and_what_to_do() -> None:
    with pytest.raises(EdgeError) as caught:
        stored(Path("/x/y"))
    error = caught.value
    assert "/x/y" in error.why
    assert "--store" in error.cure
