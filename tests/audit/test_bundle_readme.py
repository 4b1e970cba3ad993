from enforcer.audit.bundle_readme import readme

ABOUT = {
    "gateway": "gw.example",
    "since": "2024-09-01T00:00:00Z",
    "until": "2024-10-01T00:00:00Z",
    "made": "2024-10-02T00:00:00Z",
    "enforcer": "0.1.0",
    "key": "ab" * 32,
    "chain": {"first": 17, "last": 40},
}


def test_it_says_of_what_it_is() -> None:
    text = readme(ABOUT)
    assert "Gateway    gw.example\n" in text
    assert "from 2024-09-01T00:00:00Z up to, and not including, 2024-10-01T00:00:00Z\n" in text
    assert f"Records    17 to 40\nSigned by  {'ab' * 32}\n" in text
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 120


def test_it_says_what_is_not_there() -> None:
    text = readme({**ABOUT, "key": "", "chain": {"first": 1, "last": 0}})
    assert "none in this period" in text
    assert "nobody: nothing was signed yet" in text
