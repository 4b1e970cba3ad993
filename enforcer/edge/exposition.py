"""Measurements as the text that Prometheus reads, by its own library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from enforcer.audit.metrics import COUNTER, HISTOGRAM, Family
from enforcer.model.state import LATENCIES, LatencyState

OPENMETRICS = "application/openmetrics-text"
Told = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class _Families(Collector):
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Told]:
        return map(_told, self._families)


def exposition(families: Sequence[Family], accept: str = "") -> tuple[str, bytes]:
    """The content type and the text: OpenMetrics if any word of the `Accept` header, whatever it holds, is its type."""
    registry = CollectorRegistry(auto_describe=False)
    # What a stranger wrote is not handed on: the library raises TypeError for a version that is no number, and repeats
    # what it takes for one in the content type.
    asked = {word.partition(";")[0].strip() for word in accept.split(",")}
    encode, content_type = choose_encoder(OPENMETRICS if OPENMETRICS in asked else "")
    registry.register(_Families(families))
    return content_type, encode(registry)


def _told(family: Family) -> Told:
    if family.kind == HISTOGRAM:
        histogram = HistogramMetricFamily(family.name, family.told, labels=family.labels)
        for values, took in family.samples:
            assert isinstance(took, LatencyState)  # noqa: S101 (for the type checker)
            histogram.add_metric(values, _buckets(took), took.seconds)
        return histogram
    kind = CounterMetricFamily if family.kind == COUNTER else GaugeMetricFamily
    told = kind(family.name, family.told, labels=family.labels)
    for values, value in family.samples:
        assert not isinstance(value, LatencyState)  # noqa: S101 (for the type checker)
        told.add_metric(values, float(value))
    return told


def _buckets(took: LatencyState) -> list[tuple[str, float]]:
    """Each counts all that took at most so long, as Prometheus wants it."""
    bounds = (*(format(bound, "g") for bound in LATENCIES), "+Inf")
    return list(zip(bounds, accumulate(map(float, took.counts)), strict=True))
