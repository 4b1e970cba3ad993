"""Files of a collector over TLS, as `enforcer config check` looks at them."""

from pathlib import Path

import pytest
from certificate_fixtures import Authority, Pair

from enforcer.edge.certificate_files import look_at_certificates
from enforcer.edge.clock import Clock
from enforcer.model.destination import TLS, Destination

DAY = 86_400.0


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Valid for a day, of which half is over."""
    return Authority(tmp_path).sign("gateway.test")


def found(at: float = 0.0, soon: float = 0.0, **files: Path) -> list[tuple[str, str, str]]:
    ca, certificate, key = (str(files.get(one, "")) for one in ("ca", "certificate", "key"))
    to = Destination(name="siem", transport=TLS, host="siem.test", ca=ca, certificate=certificate, key=key)
    return [(one.rule, one.path, one.why) for one in look_at_certificates([to], "site.toml", Clock().now() + at, soon)]


def test_what_is_well_is_not_told(pair: Pair, tmp_path: Path) -> None:
    assert found(ca=tmp_path / "authority.pem", certificate=pair.certificate, key=pair.key) == []
    assert found() == []


def test_its_end_is_told_before_and_after(pair: Pair) -> None:
    [(rule, path, why)] = found(soon=30 * DAY, certificate=pair.certificate)
    assert (rule, path) == ("certificate-ends-soon", "collector[0].certificate")
    assert why.startswith(f"{pair.certificate} ends 20")
    assert why.endswith(", in 0 days")
    assert [one[0] for one in found(DAY, certificate=pair.certificate)] == ["certificate-ended"]
    assert "is not valid before" in found(-DAY, certificate=pair.certificate)[0][2]


def test_of_many_authorities_one_that_lives_is_enough(tmp_path: Path) -> None:
    old, new = (Authority(tmp_path, name).certificate for name in ("old", "new"))
    both = tmp_path / "both.pem"
    both.write_text(old.read_text() + new.read_text())
    assert found(ca=both) == []
    assert [one[0] for one in found(DAY, ca=both)] == ["certificate-ended"]


def test_what_is_not_there_or_no_certificate(pair: Pair, tmp_path: Path) -> None:
    [(rule, path, why)] = found(ca=tmp_path / "none.pem")
    assert (rule, path) == ("certificate-unusable", "collector[0].ca")
    assert "No such file" in why
    for text in ("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        pair.certificate.write_text(text)
        assert found(certificate=pair.certificate)[0][2] == f"{pair.certificate} holds no certificate in PEM"


def test_a_key_of_another_certificate_is_told_and_nobody_is_asked_for_a_pass_phrase(pair: Pair, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other").sign("other.test")
    [(rule, path, why)] = found(certificate=pair.certificate, key=other.key)
    assert (rule, path) == ("certificate-unusable", "collector[0].key")
    assert why.startswith(f"{other.key} is not the key of {pair.certificate}")
    assert "No such file" in found(certificate=pair.certificate, key=tmp_path / "none.key")[0][2]
    pair.key.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    assert len(found(certificate=pair.certificate, key=pair.key)) == 1


def test_a_key_that_every_user_may_read_is_told(pair: Pair) -> None:
    pair.key.chmod(0o644)
    [(rule, path, why)] = found(certificate=pair.certificate, key=pair.key)
    assert (rule, path) == ("key-exposed", "collector[0].key")
    assert why == f"{pair.key} has mode 0644: every user of this machine can read it"
    pair.key.chmod(0o640)
    assert found(certificate=pair.certificate, key=pair.key) == []
