"""docs/policy.md is true: its example loads and says what the page shows, and every key is explained there."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from enforcer.cli.main import main
from enforcer.edge.succession import FIXED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
READERS = ("vendor_file", "ban_file", "site_file", "sources", "trust")


def files() -> dict[str, str]:
    """Each example file under the name that the page gives it."""
    return dict(re.findall(r"^`([\w/.-]+\.toml)`:\n\n```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def transcripts() -> list[tuple[str, str]]:
    """Each command of the page with what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    pairs = [part.partition("\n") for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(command, output) for command, _, output in pairs]


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    for name, text in files().items():
        path = tmp_path / name if "/" in name else tmp_path.parent / f"{tmp_path.name}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_page_shows_one_file_of_each_kind() -> None:
    assert list(files()) == ["vendors/acme.toml", "xx/acme-2030.toml", "enforcer.toml"]


@pytest.mark.parametrize(("command", "output"), transcripts(), ids=[command for command, _ in transcripts()])
def test_each_command_prints_what_the_page_shows(policies: Path, command: str, output: str) -> None:
    program, *arguments = shlex.split(command)
    site = policies.parent / f"{policies.name}-enforcer.toml"
    where = ["--policies", str(policies), "--config", str(site)]
    result = CliRunner().invoke(main, [*arguments, *where])
    assert (program, result.exit_code) == ("enforcer", 0), result.stderr
    assert re.sub(r"policy [0-9a-f]{16}:", "policy REVISION:", result.stdout) == output


def test_every_key_of_a_file_is_explained() -> None:
    source = "".join((ROOT / f"enforcer/policy/{name}.py").read_text() for name in READERS)
    keys = set(re.findall(r'\w\.(?:text|word|choice|choices|texts|flag|number|day|instant|table)\("(\w+)"', source))
    keys |= set(re.findall(r'(?:_some|_patterns|read_subnets|optional_\w+|_verdict)\((?:\w+, )?"(\w+)"', source))
    assert len(keys) > 50
    unexplained = {key for key in keys if f"`{key}`" not in PAGE and f"`[{key}]`" not in PAGE}
    assert unexplained == set()


def site_tables() -> list[tuple[str, bool, str, str]]:
    """Of each key that a table of the page has: its table and name, whether it needs a restart, its default."""
    rows = []
    for heading, table in re.findall(r"^`\[(\w+)\]`:[^\n]*\n\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        for row in table.splitlines()[2:]:
            key, _, default = row.strip("| ").split(" | ")
            rows.append((f"{heading}.{key.split('`')[1]}", "(r)" in key, heading, default))
    return rows


def test_defaults_of_the_site_file_are_as_its_tables_say(tmp_path: Path) -> None:
    (tmp_path / "enforcer.toml").write_text("")
    shown = CliRunner().invoke(main, ["config", "show", "--config", str(tmp_path / "enforcer.toml")]).stdout
    kept = {f"{table}.{key}": value for table, keys in tomllib.loads(shown).items() for key, value in keys.items()}
    told = {key: re.match(r"`(.*?)`", default) for key, _, _, default in site_tables()}
    assert told.pop("site.name") is None
    assert len(told) > 25
    assert {key: tomllib.loads(f"it = {text[1]}")["it"] for key, text in told.items() if text} == {
        key: kept[key] for key in told
    }
    untold = {key for key in kept if key.split(".")[0] not in ("policy", "bypass")} - set(told)
    assert untold == {"site.name"}


def test_the_keys_that_need_a_restart_are_marked() -> None:
    named = {word for place in FIXED.values() for word in re.findall(r"\w+", place)} - {"or", "collector"}
    marked = {word for key, restart, _, _ in site_tables() if restart for word in key.split(".")}
    assert marked == named
