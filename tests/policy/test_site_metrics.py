import re

import pytest

from enforcer.model.endpoint import Endpoint
from enforcer.model.errors import PolicyError
from enforcer.policy.load import load
from enforcer.policy.site_metrics import METRICS


def test_nothing_is_served_unless_asked_for() -> None:
    assert load({}, "").settings.metrics is None
    assert load({}, '[output]\nmetrics = ""\n').settings.metrics is None


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("9464", Endpoint(host="127.0.0.1", port=9464)),
        ("[::1]:9464", Endpoint(host="::1", port=9464)),
        ("192.0.2.7:9464", Endpoint(host="192.0.2.7", port=9464)),
    ],
)
def test_it_is_served_where_the_file_says(text: str, endpoint: Endpoint) -> None:
    assert load({}, f'[output]\nmetrics = "{text}"\n').settings.metrics == endpoint
    assert re.search(METRICS, text)


@pytest.mark.parametrize("text", ["localhost:9464", "127.0.0.1", "::1:9464"])
def test_what_is_no_place_is_a_fault_with_its_cure(text: str) -> None:
    with pytest.raises(PolicyError, match=r"metrics.*wanted one like"):
        load({}, f'[output]\nmetrics = "{text}"\n')
    assert not re.search(METRICS, text)
