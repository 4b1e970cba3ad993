"""The `[control]` table of site files."""

import pytest
from policy_fixtures import faults, small

from enforcer.model.settings import Control
from enforcer.policy.site_trust import settings_of

BROKEN = {
    "misspelt": ('[control]\nsockt = "/x"', "control.sockt: unknown key; did you mean 'socket'?"),
    "no absolute path": ('[control]\nsocket = "control"', "control.socket: 'control' is no absolute path"),
    "a path too long": (f'[control]\nsocket = "/{"x" * 90}"', "control.socket: is longer than 90 bytes"),
    "no group": ('[control]\ngroup = "net ops"', "control.group: 'net ops' is no name of a group of users"),
    "a long pause": ("[control]\nlongest_pause = 604801", "control.longest_pause: 604801 is not between 0 and 604800"),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    told = faults(site=site)
    assert len(told) == 1
    assert why in told[0]


def test_an_absent_table_has_the_defaults() -> None:
    assert small().settings.control == small(site="[control]\n").settings.control == Control()


def test_every_key_is_read() -> None:
    site = '[control]\nsocket = ""\ngroup = "netops"\nlongest_pause = 0\n'
    assert small(site=site).settings.control == Control(socket="", group="netops", longest_pause=0)


def test_the_socket_is_found_although_the_rest_is_wrong() -> None:
    asked = settings_of('colour = 3\n[control]\nsocket = "/run/x"\n[site]\nbans = 5\n').control
    assert asked.socket == "/run/x"
    assert settings_of("[[[").control == settings_of("").control == Control()
