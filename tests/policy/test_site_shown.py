import tomllib

from acme_fixtures import HEAD, WATCHED, ban, hosts, phase

from enforcer.policy.compiled import Policy
from enforcer.policy.load import load
from enforcer.policy.schema_site import site_schema
from enforcer.policy.site_shown import as_toml, keys

VENDOR = HEAD + hosts("update", domains=["upd.acme.example"])
BAN = ban(
    "xx-acme",
    phase("all", "2026-01-01T00:00:00Z", f'block = ["update"], {WATCHED}', summary="All of it."),
    title="Acme",
)
SITE = """
[site]
subjects = ["us-person"]
[datapath]
mark_mask = 0xff000000
[[group]]
name = "guests"
subnets = ["10.9.0.0/16"]
[[waiver]]
id = "W-1"
reason = "a \\"quoted\\" reason"
ticket = "T-1"
approver = "Ann"
starts = 2026-01-01T00:00:00+01:00
ends = 2026-02-01T00:00:00+01:00
softens_to = "flag"
vendors = ["acme"]
"""


def acme(site: str) -> Policy:
    return load({"vendors/acme.toml": VENDOR, "xx/acme.toml": BAN}, site)


def shown(site: str) -> str:
    return "\n".join(as_toml(list(keys(tomllib.loads(site), site_schema()))))


def test_what_is_shown_says_the_same_as_the_file() -> None:
    before, after = acme(SITE), acme(shown(SITE))
    assert after.settings == before.settings
    assert after.site == before.site


def test_every_key_of_the_plain_tables_is_shown_and_defaults_say_so() -> None:
    lines = shown("").splitlines()
    assert 'fail = "open"  # default' in lines
    for name, part in site_schema()["properties"].items():
        if part["type"] == "object":
            assert f"[{name}]" in lines
            for key, schema in part["properties"].items():
                assert "default" not in schema or any(line.startswith(f"{key} = ") for line in lines), key


def test_all_defaults_load_and_are_the_defaults() -> None:
    assert load({}, shown("")).settings == load({}, "").settings


def test_what_the_file_says_is_not_called_a_default() -> None:
    lines = shown(SITE).splitlines()
    assert "mark_mask = 0xff000000" in lines
    assert 'reason = "a \\"quoted\\" reason"' in lines
    assert "starts = 2026-01-01T00:00:00+01:00" in lines
    assert lines.index("[[group]]") < lines.index('name = "guests"')
