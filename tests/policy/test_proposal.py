import pytest

from enforcer.model.marks import Marks
from enforcer.model.surroundings import Surroundings
from enforcer.policy.proposal import NARROW_MARKS, propose


def test_a_machine_that_forwards_is_a_gateway_and_any_other_is_itself() -> None:
    assert propose(Surroundings(forwards4=True, forwards6=True)).mode == "inline"
    assert propose(Surroundings(forwards6=True)).mode == "inline"
    assert propose(Surroundings()).mode == "host"


@pytest.mark.parametrize(
    ("taken", "inspectors", "queue"),
    [((), 1, 4010), ((0, 1, 2), 1, 4010), ((4010,), 1, 4011), ((4010, 4011, 4013), 2, 4014), ((4011,), 2, 4012)],
)
def test_the_queues_are_free_ones(taken: tuple[int, ...], inspectors: int, queue: int) -> None:
    assert propose(Surroundings(queues=taken), inspectors).queue == queue


def test_marks_stand_beside_those_of_tailscale() -> None:
    proposal = propose(Surroundings(chains=(("ip filter", "ts-forward"),)))
    assert proposal.mark_mask == NARROW_MARKS
    assert Marks(NARROW_MARKS).lanes == 120
    assert NARROW_MARKS & 0x00FF0000 == 0
    assert any("Tailscale" in note for note in proposal.notes)


@pytest.mark.parametrize(
    ("table", "chain", "whose"),
    [
        ("inet firewalld", "filter_INPUT", "firewalld"),
        ("ip filter", "ufw-before-forward", "ufw"),
        ("ip nat", "DOCKER", "Docker"),
        ("ip filter", "LIBVIRT_FWI", "libvirt"),
        ("ip mangle", "cali-PREROUTING", "Calico"),
    ],
)
def test_other_firewalls_are_told_once_with_what_they_mean(table: str, chain: str, whose: str) -> None:
    notes = propose(Surroundings(chains=((table, chain), (table, f"{chain}-2")), log_socket="/dev/log")).notes
    assert [note for note in notes if note.startswith(f"{whose} is here: ")] == list(notes)


def test_what_is_half_or_unseen_is_told() -> None:
    notes = propose(
        Surroundings(forwards4=True, serves_dns=True, queues=(3,), unseen=("other firewalls: no nft",))
    ).notes
    told = "\n".join(notes)
    for part in (
        "IPv4 is forwarded here and IPv6 is not",
        "a resolver here",
        ": 3",
        "other firewalls: no nft",
        "install rsyslog",
    ):
        assert part in told
