"""docs/policy.md is true: its example loads and says what the page shows, and every key is explained there."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from enforcer.cli.main import main

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
