"""Local zones, as Unbound's own checker reads them. What it answers is in test_resolvers.py."""

import subprocess
from pathlib import Path

from export_fixtures import acme, made, world

from enforcer.export import unbound


def test_unbound_checkconf_takes_it(tmp_path: Path) -> None:
    config = tmp_path / "local.conf"
    config.write_text(unbound.write(made(world()))[0].text)
    done = subprocess.run(["unbound-checkconf", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "duplicate" not in done.stderr


def test_each_kind_of_region() -> None:
    lines = unbound.write(made(acme()))[0].text.splitlines()
    assert '  local-zone: "acme.example." always_nxdomain # block: acme update by xx-acme/full' in lines
    assert '  local-zone: "free.acme.example." always_transparent # observe: acme website by xx-acme/full' in lines
    assert '  local-zone: "shop.example." transparent # block: acme store by xx-acme/full' in lines
    assert '  local-data: "shop.example. 60 TXT blocked"' in lines


def test_what_it_cannot_say_is_told() -> None:
    [file] = unbound.write(made(acme()))
    assert any("help.acme.example, intel.acme.example" in note for note in file.notes)
    assert any(
        "flagged or observed is left out" in note for note in unbound.write(made(acme(), log_only=True))[0].notes
    )
