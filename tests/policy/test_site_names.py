"""Where a site file may say that clients are named."""

import pytest

from enforcer.model.errors import PolicyError
from enforcer.policy.load import load
from enforcer.policy.site_names import MAX_NAME_FILES


def test_files_by_their_absolute_paths() -> None:
    site = '[output]\nclient_names = ["/var/lib/misc/dnsmasq.leases", "/etc/hosts"]\n'
    assert load({}, site).settings.client_names == ("/var/lib/misc/dnsmasq.leases", "/etc/hosts")
    assert load({}).settings.client_names == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('["hosts"]', "output.client_names[0]: 'hosts' is no absolute path"),
        (
            str([f"/{n}" for n in range(MAX_NAME_FILES + 1)]),
            f"{MAX_NAME_FILES + 1} files, {MAX_NAME_FILES} are allowed",
        ),
        ('"/etc/hosts"', "output.client_names"),
    ],
)
def test_what_is_wrong_is_told(value: str, words: str) -> None:
    with pytest.raises(PolicyError, match="output") as refused:
        load({}, f"[output]\nclient_names = {value}\n")
    assert words in str(refused.value)
