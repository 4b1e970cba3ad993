"""A decision as members of an event: empty where there is nothing to say, never None."""

from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.judgement import judgement
from enforcer.model.names import HostName
from enforcer.model.observation import How, Observation
from enforcer.model.verdict import Verdict

ASKED, LINK = HostName("www.example"), HostName("upd.acme.example")


def test_one_name_is_no_chain_and_what_is_unknown_is_empty() -> None:
    told = judgement(Observation(how=How.TLS, names=(ASKED,)), Decision(Verdict.ALLOW, "nothing applies"))
    assert Event(at=0.0, **told) == Event(
        at=0.0, verdict="allow", how="tls", name="www.example", reason="nothing applies"
    )


def test_a_chain_with_the_link_that_decided() -> None:
    decision = Decision(
        Verdict.BLOCK,
        "blocked",
        vendor="acme",
        service="updates",
        ban="ban",
        phase="stop",
        citations=("1 XX 1",),
        revision="r",
        name=LINK,
        pattern="acme.example",
    )
    told = judgement(Observation(how=How.DNS, names=(ASKED, LINK)), decision)
    assert (told["name"], told["chain"], told["matched"]) == (ASKED, (ASKED, LINK), LINK)
    kept = {key: told[key] for key in ("verdict", "vendor", "service", "ban", "phase", "citations", "pattern")}
    assert kept == {
        "verdict": "block",
        "vendor": "acme",
        "service": "updates",
        "ban": "ban",
        "phase": "stop",
        "citations": ("1 XX 1",),
        "pattern": "acme.example",
    }


def test_why_nothing_could_be_read_is_the_decisions_word_before_the_readers() -> None:
    unread = Observation(how=How.TLS, undecodable="cut short")
    assert judgement(unread, Decision(Verdict.ALLOW, "passed"))["undecodable"] == "cut short"
    assert judgement(unread, Decision(Verdict.BLOCK, "refused", undecodable="odd"))["undecodable"] == "odd"
