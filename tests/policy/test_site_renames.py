"""Keys that have other names by now, shown with names that were made up; and that none of a release just vanishes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enforcer.model.errors import PolicyError
from enforcer.policy import site_renames
from enforcer.policy.schema_site import site_schema
from enforcer.policy.site_renames import Rename, lint_names, rewritten
from enforcer.policy.site_trust import check_site, settings_of

RELEASED = Path(__file__).with_name("site-keys.txt")
OLD = """\
# Ours.
[datapath]
workers = 2   # two cores

[[collector]]
name = "siem"
to = "tls://siem.test"
[[collector]]
name = "other"
address = "tls://other.test"
"""
NEW = OLD.replace("workers =", "inspectors =").replace("to =", "address =")


@pytest.fixture(autouse=True)
def renames(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = (Rename("datapath", "workers", "inspectors", "0.2"), Rename("collector", "to", "address", "0.3"))
    monkeypatch.setattr(site_renames, "RENAMES", made_up)


def test_an_old_name_is_read_as_the_new_one() -> None:
    check_site(OLD, "site.toml")
    assert settings_of(OLD) == settings_of(NEW)
    assert settings_of(OLD).inspectors == 2


def test_it_is_told() -> None:
    assert [(one.path, one.why) for one in lint_names(OLD, "site.toml")] == [
        ("datapath.workers", "is called 'inspectors' since 0.2"),
        ("collector[0].to", "is called 'address' since 0.3"),
    ]
    assert list(lint_names(NEW, "site.toml")) == []


def test_it_is_rewritten_with_all_that_stands_around_it() -> None:
    assert rewritten(OLD) == NEW
    assert rewritten(NEW) == NEW


@pytest.mark.parametrize("text", ["datapath = { workers = 2 }\n", "datapath.workers = 2\n"])
def test_what_only_a_person_can_rewrite_is_left(text: str) -> None:
    assert settings_of(text).inspectors == 2
    with pytest.raises(ValueError, match="inline or dotted"):
        rewritten(text)


def test_the_same_words_elsewhere_stay() -> None:
    text = '[site]\nname = """\nworkers = 3\n"""\n[output]\nsyslog = "to = x"\n'
    assert rewritten(text) == text


def test_both_names_at_once_are_a_fault() -> None:
    with pytest.raises(PolicyError) as caught:
        check_site("[datapath]\nworkers = 2\ninspectors = 3\n", "site.toml")
    assert "site.toml: datapath.workers: stands there as 'inspectors' too" in str(caught.value)


def keys(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from keys(inner, f"{path}{name}.")
        yield from keys(inner.get("items", {}), f"{path}{name}.")


def test_no_key_of_a_release_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    known = {*keys(site_schema()), *(f"{one.table}.{one.before}" for one in site_renames.RENAMES)}
    released = RELEASED.read_text().split()
    assert len(released) > 50
    assert [key for key in released if key not in known] == [], "give it a row in RENAMES"
