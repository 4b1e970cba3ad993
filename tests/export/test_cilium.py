"""The CiliumNetworkPolicy. No Cilium runs here: the shape is held against the schema of its v2 API by hand."""

import re

import pytest
from export_fixtures import acme, made

from enforcer.export import cilium
from enforcer.export.refusal import ExportRefused

# As a YAML reader sees the file; ours has no more of YAML than this: two-space nesting, one list.
SHAPE = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: enforcer-export
  annotations:
    enforcer/revision: "REVISION"
    enforcer/instant: "2021-06-01T00:00:00Z"
spec:
  endpointSelector: {}
  enableDefaultDeny:
    egress: false
    ingress: false
  egressDeny:
    - toCIDR:
"""


def test_the_shape_of_the_policy() -> None:
    text = cilium.write(made(acme()))[0].text.partition("\n\n")[2]
    head = SHAPE.replace("REVISION", acme().revision)
    assert text.startswith(head)
    listed = re.findall(r'^        - "([0-9a-f:./]+)"$', text.removeprefix(head), re.MULTILINE)
    assert listed == [str(one) for one in (*made(acme()).v4, *made(acme()).v6)]
    assert len(listed) == text.removeprefix(head).count("\n")


def test_it_says_that_names_are_left_out() -> None:
    [file] = cilium.write(made(acme()))
    assert any("cannot deny by name: 9 rules for names are left out" in note for note in file.notes)


def test_without_a_network_it_is_refused_with_the_way_that_works() -> None:
    with pytest.raises(ExportRefused, match="cannot deny by name") as refused:
        cilium.write(made(acme(), at=0.0))
    assert "RPZ" in refused.value.cure
