"""The published vectors: https://www.rfc-editor.org/rfc/rfc9001#appendix-A and https://www.rfc-editor.org/rfc/rfc9369#appendix-A."""

import pytest
from quic_fixtures import DESTINATION, V1, V2

from enforcer.decode.quic_crypto import SAMPLE, VERSIONS, InitialKeys

# Appendix A.2 of each: the sample, and the mask that it makes.
MASKS = {
    V1: ("d1b1c98dd7689fb8ec11d242b123dc9b", "437b9aec36"),
    V2: ("ffe67b6abcdb4298b485dd04de806071", "94a0c95e80"),
}
# Appendix A.3: what the server's keys seal, which are not ours.
SERVERS = "c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"


@pytest.mark.parametrize("version", MASKS)
def test_the_mask_of_the_appendix(version: int) -> None:
    sample, mask = MASKS[version]
    keys = InitialKeys(VERSIONS[version], DESTINATION)
    assert len(bytes.fromhex(sample)) == SAMPLE
    assert keys.mask(bytes.fromhex(sample))[:5].hex() == mask


def test_versions_and_connections_have_their_own_keys() -> None:
    sample = bytes(SAMPLE)
    masks = {
        InitialKeys(VERSIONS[version], connection).mask(sample)
        for version in VERSIONS
        for connection in (DESTINATION, b"", bytes(20))
    }
    assert len(masks) == 6


def test_what_others_sealed_does_not_open() -> None:
    keys = InitialKeys(VERSIONS[V1], DESTINATION)
    assert keys.open(1, b"header", bytes.fromhex(SERVERS)) is None
    assert keys.open(1, b"", b"") is None
    assert keys.open(1, b"", b"short") is None
