"""The statements for BIND, as named's own checker reads them."""

import subprocess
from pathlib import Path

import pytest
from export_fixtures import acme, made

from enforcer.export import bind


def test_named_checkconf_loads_the_zone(tmp_path: Path) -> None:
    for file in bind.write(made(acme(), folder=str(tmp_path))):
        (tmp_path / file.name).write_text(file.text)
    whole = tmp_path / "named.conf"
    options = f'options {{ directory "{tmp_path}"; include "{tmp_path}/{bind.OPTIONS}"; }};'
    whole.write_text(f'{options}\ninclude "{tmp_path}/{bind.STATEMENT}";\n')
    done = subprocess.run(["named-checkconf", "-z", whole], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "zone enforcer.rpz/IN: loaded serial 1622505" in done.stdout


@pytest.mark.parametrize("odd", ["", "rel/ative", '/a"; evil', "/a\n", "/ünder", "/a\\b", "/a;b", "/a{"])
def test_a_folder_that_cannot_stand_in_quotes_is_left_out(odd: str) -> None:
    statement = bind.write(made(acme(), folder=odd))[2].text
    assert '  file "enforcer.rpz";' in statement


def test_the_folder_is_written_where_it_can_be() -> None:
    statement = bind.write(made(acme(), folder="/etc/bind/enforcer/"))[2].text
    assert '  file "/etc/bind/enforcer/enforcer.rpz";' in statement
