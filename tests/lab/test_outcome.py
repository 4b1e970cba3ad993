"""Each way in which a step can go wrong is found: else the green marks of the story would mean nothing."""

import pytest

from enforcer.lab.outcome import faults_of
from enforcer.lab.story import Step, Trace

STEP = Step(
    what="x",
    name="a",
    command=("dig",),
    sees="^NXDOMAIN",
    leaves=(Trace(verdict="block", how="dns", name="a", action="b"),),
)
OTHER = Trace(verdict="observe", how="dns", name="a", action="passed")


@pytest.mark.parametrize(
    ("got", "traces", "alerts", "faults"),
    [
        ("NXDOMAIN", STEP.leaves, ("told",), []),
        ("NOERROR", STEP.leaves, ("told",), ["expected to see '^NXDOMAIN'"]),
        ("NXDOMAIN", (), (), ["no record of: block a (dns, b)"]),
        ("NXDOMAIN", (*STEP.leaves, OTHER), ("told",), ["unexpected record of: observe a (dns, passed)"]),
        ("NXDOMAIN", STEP.leaves, (), ["1 decisions are worth an alert, syslog has 0"]),
        ("NXDOMAIN", STEP.leaves, ("told", "twice"), ["1 decisions are worth an alert, syslog has 2"]),
    ],
)
def test_a_step_that_goes_wrong_is_found(
    got: str, traces: tuple[Trace, ...], alerts: tuple[str, ...], faults: list[str]
) -> None:
    assert list(faults_of(STEP, got, traces, alerts)) == faults
