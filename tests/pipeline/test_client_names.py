"""Names of clients, out of the files in which they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.pipeline import client_names
from enforcer.pipeline.client_names import names_of

HOSTS = """
127.0.0.1 localhost
::1       localhost ip6-localhost
10.1.0.2  printer printer.example   # in the hall
fd00::2   printer6.
10.1.0.3
# 10.1.0.4 nobody
"""
DNSMASQ = """
1732300000 02:00:5e:10:00:01 10.1.0.10 laptop-7 01:02:00:5e:10:00:01
1732300000 02:00:5e:10:00:02 10.1.0.11 * *
duid 00:01:00:01
1732300000 1234567 fd00::10 laptop-7 00:01
"""
KEA = """
address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
10.1.0.20,02:00:5e:10:00:03,01:02,3600,1732300000,1,0,0,desk-3.example.,0,,0
10.1.0.21,02:00:5e:10:00:04,,3600,1732300000,1,0,0,,0,,0
10.1.0.20,02:00:5e:10:00:03,01:02,3600,1732309999,1,0,0,desk-4.example,0,,0
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (HOSTS, {"10.1.0.2": "printer", "fd00::2": "printer6"}),
        (DNSMASQ, {"10.1.0.10": "laptop-7", "fd00::10": "laptop-7"}),
        (KEA, {"10.1.0.20": "desk-4.example"}),
        ("10.1.0.2 \x1b[31mred", {}),
        (f"10.1.0.2 {'a' * 254}", {}),
        ("FD00:0:0::2 Upper", {"fd00::2": "Upper"}),
        ("10.1.0.2,mac,a", {}),
    ],
    ids=["hosts", "dnsmasq", "kea", "hostile", "long", "spelling", "no-header"],
)
def test_each_form_is_read(text: str, names: dict[str, str]) -> None:
    assert names_of(text.splitlines()) == names


def test_all_in_one_file_and_the_later_line_wins() -> None:
    assert names_of([*HOSTS.splitlines(), *KEA.splitlines(), "10.1.0.2 renamed"])["10.1.0.2"] == "renamed"


def test_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_names, "MOST", 2)
    assert names_of(["10.0.0.1 a", "10.0.0.2 b", "10.0.0.3 c", "10.0.0.1 d"]) == {"10.0.0.1": "d", "10.0.0.2": "b"}


@given(st.lists(st.text(st.sampled_from("10.1a,:# \t\x00address,hostname"), max_size=60), max_size=6))
def test_no_text_raises(lines: list[str]) -> None:
    for address, name in names_of(lines).items():
        assert address
        assert name.isascii()
