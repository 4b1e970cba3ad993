"""A host is added to a vendor file: what of the days before is found, where, and what is not."""

import json
import textwrap
from pathlib import Path

import pytest
from acme_fixtures import hosts
from click.testing import CliRunner, Result
from event_fixtures import event, plain
from policy_verbs_fixtures import FILES, site_file, written

from enforcer.cli.main import main
from enforcer.edge.store import Store
from enforcer.model.event import Event

FULL = 1593576000.0
"""2020-07-01T00:00:00-04:00, when xx-steps begins to block."""
DAY = 86_400.0
PAGE = (Path(__file__).parents[2] / "docs/audit.md").read_text()
ADDED = hosts("update", ["dns.acme-safe.example", "edge.cdn.example"])
KNOWN = hosts("support", ["support.acme.example"])

RECORDED = [
    # Kept because support.acme.example is observed; behind it stands the host that is added later.
    event(
        at=FULL + DAY,
        verdict="observe",
        action="passed",
        name="support.acme.example",
        chain=("support.acme.example", "edge.cdn.example"),
        client="10.1.0.2",
        vendor="acme",
        service="support",
        ban="xx-steps",
        phase="full",
    ),
    # Kept because encrypted DNS is told, whoever's it is.
    plain(
        FULL + 2 * DAY, "finding", way="doh", how="tls", name="dns.acme-safe.example", client="10.1.0.3", verdict="flag"
    ),
    plain(FULL + 2 * DAY, "finding", way="doh", how="tls", name="dns.example", client="10.1.0.4", verdict="flag"),
]
LOG = "[{at}] unbound[1:0] info: 10.1.0.9 edge.cdn.example. A IN\n"


def folder(path: Path, *more: str) -> Path:
    path.mkdir()
    return written(path, {**FILES, "vendors/acme.toml": FILES["vendors/acme.toml"] + "".join(more)})


def store(path: Path, *kept: Event) -> Path:
    with Store(path) as store:
        store.append([(one, one.at) for one in kept])
    return path


@pytest.fixture
def before(tmp_path: Path) -> tuple[object, ...]:
    """The policy of the day before, and the record."""
    return options(tmp_path, folder(tmp_path / "before", KNOWN))


@pytest.fixture
def after(tmp_path: Path) -> tuple[object, ...]:
    return options(tmp_path, folder(tmp_path / "after", KNOWN, ADDED))


def options(tmp_path: Path, policies: Path) -> tuple[object, ...]:
    where = tmp_path / "events.sqlite"
    if not where.exists():
        store(where, *RECORDED)
    return "--policies", policies, "--config", site_file(tmp_path, ""), "--store", where


def run(verb: str, *words: object) -> Result:
    return CliRunner().invoke(main, ["audit", verb, *map(str, words)], catch_exceptions=False)


def hunted(*words: object) -> dict[tuple[str, str, str], list[str]]:
    result = run("hunt", "--since", "2020-01-01", "--json", *words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    return {(one["client"], one["before"], one["after"]): one["names"] for one in told["changes"]}


def test_the_day_before_nothing_is_otherwise(before: tuple[object, ...]) -> None:
    assert hunted(*before) == {}


def test_an_added_host_is_found_in_chains_and_findings_and_nowhere_else(after: tuple[object, ...]) -> None:
    assert hunted(*after) == {
        ("10.1.0.2", "observe", "block"): ["support.acme.example"],
        ("10.1.0.3", "allow", "block"): ["dns.acme-safe.example"],
    }


def test_a_finding_at_its_own_time_and_at_another(after: tuple[object, ...]) -> None:
    assert hunted("--at", "2020-02-01", *after) == {("10.1.0.3", "allow", "observe"): ["dns.acme-safe.example"]}


def test_the_worked_example_of_the_page(after: tuple[object, ...]) -> None:
    shown = PAGE.split("<!-- worked example: hunt -->\n")[1].split("<!-- end -->")[0]
    result = run("hunt", "--since", "2020-01-01", *after)
    assert result.exit_code == 0
    assert textwrap.dedent(shown) in result.stdout
    assert "names that matched none then are unknown" in result.stdout


def test_what_was_never_kept_stands_in_the_resolvers_log(tmp_path: Path, after: tuple[object, ...]) -> None:
    log = tmp_path / "unbound.log"
    log.write_text(LOG.format(at=int(FULL + 3 * DAY)))
    assert not any(client == "10.1.0.9" for client, _, _ in hunted(*after))
    replayed = run("replay", log, *after[:4])
    assert replayed.exit_code == 0, replayed.output
    assert "10.1.0.9" in replayed.stdout
    assert "Together: 1 block" in replayed.stdout


def test_a_ban_that_is_added_finds_what_was_only_observed(tmp_path: Path) -> None:
    where = store(tmp_path / "old.sqlite", event(at=FULL + DAY, name="geo.acme.example", verdict="observe", ban=""))
    site = site_file(tmp_path, "")
    assert hunted("--policies", folder(tmp_path / "new"), "--config", site, "--store", where) == {
        ("10.1.0.2", "observe", "block"): ["geo.acme.example"]
    }


def test_refusals(tmp_path: Path, after: tuple[object, ...]) -> None:
    assert run("hunt", "--since", "a while", *after).exit_code == 2
    missing = run("hunt", *after[:-1], tmp_path / "none")
    assert missing.exit_code == 1
    assert "nothing was ever recorded" in missing.stderr
