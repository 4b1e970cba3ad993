"""The domains that hold a name, in dicts and in the packed table: as the plain rule says."""

from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from list_fixtures import lists_of, with_lists

from enforcer.model.names import HostName, parents
from enforcer.policy import patterns
from enforcer.policy.domains import Domains

LABELS = st.sampled_from(("a", "b", "c1", "xn--d"))
NAMES = st.lists(LABELS, min_size=2, max_size=5).map(lambda labels: HostName(".".join(labels)))


@settings(max_examples=40)
@given(st.sets(NAMES, min_size=1, max_size=20), st.sets(NAMES, max_size=20), NAMES, st.booleans())
def test_all_above_a_pattern_the_longest_first(
    listed: set[HostName], exact_ones: set[HostName], pattern: HostName, exact: bool
) -> None:
    texts = {
        "lists/d.txt": "\n".join(sorted(listed)),
        "lists/n.txt": "\n".join(sorted(exact_ones or {HostName("z.z")})),
    }
    keys = 'domains_list = "lists/d.txt"\nnames_list = "lists/n.txt"'
    above = [one for one in parents(pattern)[0 if exact else 1 :] if one in listed]
    for small in (patterns.SMALL, 0):
        with mock.patch.object(patterns, "SMALL", small):
            domains = Domains(with_lists(lists_of(texts), keys).patterns)
        assert [domain for domain, _ in domains.above(pattern, exact=exact)] == above
        for domain, part in domains.above(pattern, exact=exact):
            assert (part.file, part.exact) == ("lists/d.txt", False)
            assert domains.at(domain) is part
