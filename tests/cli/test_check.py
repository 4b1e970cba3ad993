"""`enforcer check`: text for people, JSON for programs, and what it says of odd questions."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from enforcer.cli.main import main

AFTER = "2024-10-15T00:00:00Z"
KEYS = [
    *("name", "at", "group", "verdict", "vendor", "service", "ban", "phase", "pattern", "reason", "citations"),
    *("waiver", "trap", "ways", "would_block_from", "next_change", "revision"),
]


@pytest.fixture(autouse=True)
def no_site_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The defaults, whatever is installed on this machine."""
    monkeypatch.setattr("enforcer.edge.files.SITE_FILE", tmp_path / "none.toml")


def check(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["check", *arguments], input=stdin)


def rows(*arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    result = check("--json", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert isinstance(answer, list)
    return answer


@pytest.mark.parametrize(
    ("name", "at", "verdict", "vendor", "service", "would_block_from"),
    [
        ("store.kaspersky.com", "2024-07-20T03:59:59Z", "observe", "kaspersky", "store", "2024-09-29T04:00:00Z"),
        ("store.kaspersky.com", "2024-07-20T04:00:00Z", "flag", "kaspersky", "store", "2024-09-29T04:00:00Z"),
        (
            "dnl-03.geo.kaspersky.com",
            "2024-09-28T23:59:59-04:00",
            "observe",
            "kaspersky",
            "update",
            "2024-09-29T04:00:00Z",
        ),
        ("dnl-03.geo.kaspersky.com", "2024-09-29T00:00:00-04:00", "block", "kaspersky", "update", None),
        ("S07.UPD.Kaspersky.COM.", AFTER, "block", "kaspersky", "update", None),
        ("opentip.kaspersky.com", AFTER, "allow", "kaspersky", "threat-intel", None),
        ("kasperskyupdate.com", AFTER, "observe", None, None, None),
        ("notkaspersky.com", AFTER, "allow", None, None, None),
        ("77.74.176.1", AFTER, "observe", "kaspersky", "other", None),
        ("2001:db8::1", AFTER, "allow", None, None, None),
    ],
)
def test_the_anchors_of_the_ban(
    name: str, at: str, verdict: str, vendor: str | None, service: str | None, would_block_from: str | None
) -> None:
    (row,) = rows(name, "--at", at, "--config", str(commerce_only()))
    assert list(row) == KEYS
    assert (row["verdict"], row["vendor"], row["service"]) == (verdict, vendor, service)
    assert row["would_block_from"] == would_block_from


def commerce_only() -> Path:
    return Path(__file__).parent / "commerce-only.toml"


def test_the_protective_profile_blocks_the_store_from_july() -> None:
    site = str(Path(__file__).parent / "protective-clients.toml")
    (row,) = rows("store.kaspersky.com", "--at", "2024-07-20T04:00:00Z", "--client", "10.2.0.1", "--config", site)
    assert (row["verdict"], row["group"]) == ("block", "careful")
    assert "our choice by the protective profile" in row["reason"]
    (row,) = rows("store.kaspersky.com", "--at", "2024-07-20T04:00:00Z", "--client", "10.3.0.1", "--config", site)
    assert (row["verdict"], row["group"]) == ("flag", "")


def test_one_object_for_each_name_in_their_order() -> None:
    names = ["example.org", "store.kaspersky.com", "192.0.2.1", "example.org"]
    assert [row["name"] for row in rows(*names, "--at", AFTER)] == names


def test_names_from_the_standard_input() -> None:
    stdin = "# hosts\n\nstore.kaspersky.com  # the store\n  EXAMPLE.org.\n"
    assert [row["name"] for row in rows("a.example", "-", "--at", AFTER, stdin=stdin)] == [
        *("a.example", "store.kaspersky.com", "example.org"),
    ]


def test_no_names_on_the_standard_input_are_no_rows() -> None:
    assert rows("-", stdin="") == []


def test_text_tells_whom_it_is_for_and_the_same_as_json() -> None:
    result = check("dnl-03.geo.kaspersky.com", "--at", AFTER, "--config", str(commerce_only()))
    (row,) = rows("dnl-03.geo.kaspersky.com", "--at", AFTER, "--config", str(commerce_only()))
    assert result.stdout.splitlines() == [
        f"At {AFTER} for the site (us-person), profile statutory, policy {row['revision']}:",
        "",
        "dnl-03.geo.kaspersky.com  block",
        f"  why     {row['reason']}",
        "  rule    dnl-03.geo.kaspersky.com (kaspersky, update)",
        "  ban     us-commerce-kaspersky-2024, phase full",
        "  cites   89 FR 52434; FR Doc 2024-13532; Case ICTS-2021-002; 15 CFR 791.109",
        "  next    no change is known",
    ]


def test_text_tells_the_next_change() -> None:
    result = check("store.kaspersky.com", "--at", "2024-07-01T00:00:00Z", "--config", str(commerce_only()))
    assert "  next    the verdict changes 2024-07-20T04:00:00Z" in result.stdout.splitlines()


def test_text_of_a_look_alike_names_no_vendor() -> None:
    lines = check("kasperskyupdate.com", "--at", AFTER).stdout.splitlines()
    assert lines[2:] == [
        "kasperskyupdate.com  observe",
        "  why     look-alike of Kaspersky, not Kaspersky: "
        "maltrail lists it under the Barium group (malware/apt_barium)",
        "  rule    kasperskyupdate.com",
    ]


def test_without_at_it_is_now() -> None:
    result = check("s07.upd.kaspersky.com", "--config", str(commerce_only()))
    assert "  block" in result.stdout
    assert result.stderr == ""


def test_a_day_is_taken_from_midnight_utc_and_says_so() -> None:
    result = check("--json", "s07.upd.kaspersky.com", "--at", "2024-09-29", "--config", str(commerce_only()))
    assert result.stderr == "--at 2024-09-29 is taken as 2024-09-29T00:00:00Z\n"
    assert json.loads(result.stdout)[0]["verdict"] == "observe"  # the ban begins at 04:00 UTC of that day


def test_a_way_around_dns_is_told_with_the_key_that_sets_it(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[bypass]\ndoh = "block"\n')
    lines = check("dns.google", "--config", str(site)).stdout.splitlines()
    assert lines[2:] == [
        "dns.google  block",
        "  why     a way around the gateway's DNS is stopped: DNS over HTTPS",
        "  rule    dns.google",
        "  around  DNS over HTTPS (dns.google): stopped, and recorded as a finding: a question gets NXDOMAIN, "
        "a connection that names it is reset or rejected",
        '  set by  doh = "block" in [bypass] of the site file',
    ]
    (row,) = rows("dns.google", "--config", str(site))
    assert (row["verdict"], row["pattern"]) == ("block", "dns.google")
    assert [(one["key"], one["treatment"], one["default"]) for one in row["ways"]] == [("bypass.doh", "block", False)]


def test_a_resolvers_address_is_told_by_port_and_judged_as_before() -> None:
    (row,) = rows("8.8.8.8")
    assert row["verdict"] == "allow"
    assert [one["key"] for one in row["ways"]] == ["bypass.resolvers", "bypass.dot", "bypass.doq", "bypass.doh"]
    text = check("8.8.8.8").stdout
    assert "  around  DNS over TLS (Google): TCP port 853: passes, and is recorded as a finding\n" in text
    assert '  set by  dot = "flag" in [bypass] of the site file, the default\n' in text


ODD = {
    "space": (["a b.example"], "'a b.example' has the character ' '"),
    "two dots": (["a..example"], "has an empty label"),
    "URL": (["https://store.kaspersky.com/"], "has the character ':'"),
    "U-label": (["bücher.example"], "an international name is written in its xn-- form"),
    "nearly an address": (["192.0.2.256"], "'192.0.2.256' looks like an address and is none"),
    "no name": ([], "Missing argument"),
    "no date": (["a.example", "--at", "yesterday"], "'yesterday' is no instant"),
    "no offset": (["a.example", "--at", "2024-09-29T00:00:00"], "has no offset: write 2024-09-29T00:00:00Z for UTC"),
    "no address": (["a.example", "--client", "phones"], "'phones' is no IPv4 or IPv6 address"),
}


@pytest.mark.parametrize(("arguments", "why"), ODD.values(), ids=ODD.keys())
def test_an_odd_question_is_refused_with_the_reason(arguments: list[str], why: str) -> None:
    result = check(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert why in result.stderr


def test_an_odd_line_is_refused_with_its_number() -> None:
    result = check("-", stdin="a.example\n\nb..example\n")
    assert result.exit_code == 2
    assert "line 3: 'b..example' has an empty label" in result.stderr


def test_the_standard_input_is_bounded() -> None:
    assert "line 2 has more than 1024 characters" in check("-", stdin="a.example\n" + "x" * 5000).stderr
    assert "more than 100000 lines" in check("-", stdin="\n" * 100_001).stderr


def test_bytes_that_are_no_text_are_an_odd_name() -> None:
    result = CliRunner().invoke(main, ["check", "-"], input=b"\xff\xfe.example\n")
    assert result.exit_code == 2
    assert "line 1: " in result.stderr


def test_a_policy_with_faults_is_told_whole_and_exits_with_3(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nprofil = "x"\nsubjects = ["us-persom"]\n')
    result = check("a.example", "--config", str(site))
    assert result.exit_code == 3
    assert f"{site}: site.profil: unknown key; did you mean 'profile'?" in result.stderr
    assert f"{site}: site.subjects: no loaded ban binds 'us-persom'; did you mean 'us-person'?" in result.stderr
    assert "2 faults" in result.stderr


def test_a_missing_file_is_told_with_the_cure_and_exits_with_1(tmp_path: Path) -> None:
    result = check("a.example", "--config", str(tmp_path / "none"))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1].startswith("cure: ")
    assert check("a.example", "--policies", str(tmp_path / "none")).exit_code == 1
