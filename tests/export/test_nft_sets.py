"""The networks in the kernel: 1,000 addresses, and the same answers as decide()."""

import json
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest
from export_fixtures import acme, addresses, blocks_address, made

from enforcer.export import nft_sets

PROGRAM = Path(__file__).parent / "connect_program.py"
TWO_GROUPS = '[[group]]\nname = "phones"\nsubnets = ["10.1.0.0/16"]\n'


@pytest.mark.kernel
def test_addresses_in_the_kernel(tmp_path: Path) -> None:
    file = tmp_path / "enforcer.nft"
    file.write_text(nft_sets.write(made(acme()))[0].text)
    asked = [str(address) for address in addresses()]
    done = subprocess.run(
        ["unshare", "--net", sys.executable, PROGRAM, file], input=json.dumps(asked), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    refused = set(json.loads(done.stdout))
    assert refused == {text for text in asked if blocks_address(acme(), ip_address(text))}
    assert 100 < len(refused) < len(set(asked)) - 100


def test_only_its_own_table() -> None:
    text = nft_sets.write(made(acme()))[0].text
    tables = {line for line in text.splitlines() if line.startswith(("table", "delete", "flush"))}
    assert tables == {
        "table inet enforcer_export",
        "delete table inet enforcer_export",
        "table inet enforcer_export {",
    }


def test_with_several_groups_nothing_is_hooked() -> None:
    file = nft_sets.write(made(acme(TWO_GROUPS)))[0]
    assert "hook" not in file.text.partition("\n\n")[2]
    assert any("no chain is hooked" in note for note in file.notes)
    assert "hook forward" in nft_sets.write(made(acme()))[0].text


def test_without_a_blocked_network_the_sets_are_empty() -> None:
    text = nft_sets.write(made(acme(), at=0.0))[0].text
    assert "elements" not in text
    assert "set blocked4" in text
    assert "Note: 0 networks listed." in text
