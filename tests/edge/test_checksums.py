"""The kernel's switch, in a namespace of its own."""

from pathlib import Path

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import checksums

TRACKED = "table inet t {\n\tchain c {\n\t\ttype filter hook output priority 0; ct state new accept;\n\t}\n}\n"


@pytest.mark.kernel
def test_it_is_told_when_the_kernel_does_not_look() -> None:
    def work() -> tuple[str, str]:
        nft("-f", "-", text=TRACKED)
        before = checksums.weakness()
        checksums.SWITCH.write_text("0")
        return before, checksums.weakness()

    before, after = apart(work)
    assert before == ""
    assert after.startswith("/proc/sys/net/netfilter/nf_conntrack_checksum is 0: ")


def test_a_kernel_without_the_switch_has_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checksums, "SWITCH", tmp_path / "none")
    assert checksums.weakness() == ""
