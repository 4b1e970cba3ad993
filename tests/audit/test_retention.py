from enforcer.audit.retention import Deletion, deleted, read_deletion, rotated


def test_what_is_told_of_a_deletion_is_read_back() -> None:
    one = Deletion(120417, "they were older than 400d", "ab" * 32)
    assert deleted(one).startswith("records 1 to 120417 were deleted, since they were older than 400d; the last had")
    assert read_deletion(deleted(one)) == one


def test_anything_else_is_none() -> None:
    for text in ("", "records 1 to x were deleted", deleted(Deletion(1, "why", "ab" * 32)) + "!"):
        assert read_deletion(text) is None


def test_what_is_told_of_a_rotation() -> None:
    assert rotated(1, 20, "a.sqlite", 7) == "records 1 to 20 are in a.sqlite now, which ends with signed head 7"
