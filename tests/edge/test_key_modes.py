from pathlib import Path

import pytest

from enforcer.edge.key_modes import weaknesses
from enforcer.edge.store import Store
from enforcer.model.destination import Destination


def tls(key: Path) -> Destination:
    return Destination(name="siem", transport="tls", host="siem.example", port=6514, key=str(key))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602])
def test_the_stores_key_is_for_its_user_alone(tmp_path: Path, mode: int) -> None:
    with Store(tmp_path / "a store.sqlite") as store:
        pass
    key = store.path.with_name("a store.sqlite.key")
    assert list(weaknesses(store.path, ())) == []
    key.chmod(mode)
    (told,) = weaknesses(store.path, ())
    assert told.startswith(
        f"{key} has mode {mode:04o}: whoever read it can sign a record of his own; chmod 600 '{key}'; "
    )


@pytest.mark.parametrize(("mode", "open_"), [(0o600, False), (0o640, False), (0o644, True), (0o641, True)])
def test_a_collectors_key_may_be_a_groups_and_is_told_once(tmp_path: Path, mode: int, open_: bool) -> None:
    key = tmp_path / "gateway.key"
    key.write_text("")
    key.chmod(mode)
    assert [f"mode {mode:04o}" in told for told in weaknesses(tmp_path / "none", [tls(key), tls(key)])] == [
        True
    ] * open_


def test_what_is_not_there_is_told_by_others(tmp_path: Path) -> None:
    assert list(weaknesses(tmp_path / "none", [tls(tmp_path / "none.key")])) == []
