"""Two sets side by side."""

from policy_fixtures import FULL, small

from enforcer.policy.compare import compare


def test_what_files_say_and_whom_it_touches() -> None:
    moved = small(
        steps=("starts = 2021-01-01T00:00:00-05:00", "starts = 2021-02-01T00:00:00-05:00"),
        acme=('names = ["store.acme.example"]', 'names = ["shop.example"]'),
    )
    found = compare(small(), moved)
    assert (found.old, found.new) == (small().revision, moved.revision)
    assert [one.said for one in found.patterns] == ["added as store of acme", "removed, was store of acme"]
    assert [one.ban for one in found.bans] == ["xx-steps"]
    assert {what for one in found.effects for what in one.what} >= {"acme/update", "shop.example", "store.acme.example"}
    assert not found.same


def test_at_an_instant_files_are_told_all_the_same() -> None:
    moved = small(steps=("starts = 2021-01-01T00:00:00-05:00", "starts = 2021-02-01T00:00:00-05:00"))
    found = compare(small(), moved, FULL - 1)
    assert (len(found.bans), found.effects, found.same) == (1, (), False)


def test_comments_change_nothing() -> None:
    assert compare(small(), small(steps=("[sources]", "# law\n[sources]"))).same
