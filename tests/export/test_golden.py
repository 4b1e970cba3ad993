"""The files as they were seen and approved (golden/).

After a wanted change: GOLDEN=write pytest tests/export/test_golden.py, then read `git diff tests/export/golden`.
"""

import os
from pathlib import Path

import pytest
from export_fixtures import acme, made, waiver

from enforcer.export.forms import FORMS

GOLDEN = Path(__file__).parent / "golden"
SITE = waiver("W-1", 'names = ["ok.acme.example"]')


@pytest.mark.parametrize("form", FORMS)
def test_golden(form: str) -> None:
    for file in FORMS[form].write(made(acme(SITE), log_only=True, nftset="inet#lab", folder="/etc/enforcer/export")):
        golden = GOLDEN / file.name
        if os.environ.get("GOLDEN") == "write":
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(file.text)
        assert file.text == golden.read_text()
