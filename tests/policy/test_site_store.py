"""The keys of `[output]` about the record's files."""

import pytest
from policy_fixtures import faults, small

from enforcer.model.store_limits import StoreLimits

BROKEN = {
    "no age": ('keep = "400 days"', "output.keep: '400 days' cannot be read; write 36h, 400d or 52w"),
    "no size": ('rotate_size = "1g"', "output.rotate_size: '1g' cannot be read; write 500 MB or 1 GiB"),
    "too small": ('keep_size = "1 MB"', "output.keep_size: '1 MB' is too little: a file takes 1 MiB at least"),
    "nothing would be closed": (
        'keep = "400d"\nrotate_size = ""',
        "output.keep: only closed files are deleted: give `rotate_size` or `rotate_age` too",
    ),
}


@pytest.mark.parametrize(("keys", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(keys: str, why: str) -> None:
    assert [why in told for told in faults(site=f"[output]\n{keys}")] == [True]


def test_reads_all_keys() -> None:
    keys = 'rotate_size = ""\nrotate_age = "30d"\nkeep = "400d"\nkeep_size = "20 GiB"'
    assert small(site=f"[output]\n{keys}").settings.limits == StoreLimits(
        rotate_size="", rotate_age="30d", keep="400d", keep_size="20 GiB"
    )
    assert small().settings.limits == StoreLimits()
