"""What is told is read back by Prometheus' own parsers."""

import subprocess

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain
from state_fixtures import STATE

from enforcer.audit.metrics import GAUGE, Family, families
from enforcer.edge.exposition import exposition

FAMILIES = families(STATE)


@pytest.mark.parametrize(
    ("accept", "content_type", "read"),
    [
        ("", "text/plain", read_plain),
        ("text/html, */*", "text/plain", read_plain),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", read_openmetrics),
        # As Prometheus 3 asks.
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.3",
            *("application/openmetrics-text", read_openmetrics),
        ),
        ("text/plain; version=abc", "text/plain", read_plain),
        ("text/plain; version=1.0.0\n; escaping", "text/plain", read_plain),
        ("application/openmetrics-text; version=1.x; escaping=", "application/openmetrics-text", read_openmetrics),
        ("application/openmetrics-text; version=9.9.9\n", "application/openmetrics-text", read_openmetrics),
    ],
)
def test_it_is_read_back(accept: str, content_type: str, read: object) -> None:
    told, text = exposition(FAMILIES, accept)
    assert told.startswith(content_type)
    assert "9.9.9" not in told
    assert told.isprintable()
    assert callable(read)
    back: dict[str, Metric] = {one.name: one for one in read(text.decode())}
    assert list(back) == [family.name for family in FAMILIES]
    assert [(one.type, one.documentation) for one in back.values()] == [(one.kind, one.told) for one in FAMILIES]


def test_prometheus_itself_has_nothing_against_it() -> None:
    """Names, units, texts and types, by promtool's lint."""
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=exposition(FAMILIES)[1], capture_output=True, check=False
    )
    assert (told.returncode, told.stdout + told.stderr) == (0, b"")


def test_a_histogram_counts_upwards() -> None:
    (holds,) = (one for one in read_plain(exposition(FAMILIES)[1].decode()) if one.name == "enforcer_hold_seconds")
    samples = {(one.name, one.labels.get("le")): one.value for one in holds.samples}
    name = "enforcer_hold_seconds"
    assert [samples[f"{name}_bucket", le] for le in ("5e-05", "0.0001", "0.00025", "0.001", "1", "+Inf")] == [
        *(0, 0, 2, 3, 3, 3),
    ]
    assert samples[f"{name}_count", None] == 3
    assert samples[f"{name}_sum", None] == pytest.approx(0.0014)


def test_an_odd_label_breaks_no_line() -> None:
    odd = 'a"b\\c\nd{},# é'
    family = Family(name="x", kind=GAUGE, told="Told.", labels=("of",), samples=(((odd,), 1.0),))
    ((sample,),) = (one.samples for one in read_plain(exposition((family,))[1].decode()))
    assert sample.labels == {"of": odd}
