from policy_fixtures import faults

NO_SOURCE = "sources: names no source; a fact without one is not loaded"


def test_a_file_without_sources_is_refused() -> None:
    assert f"vendors/acme.toml: {NO_SOURCE}" in faults(acme=('[sources]\nbook = "the book of hosts"', "[sources]"))


def test_a_source_says_what_and_where() -> None:
    told = faults(acme=('book = "the book of hosts"', "book = 1"))
    assert told == ["vendors/acme.toml: sources.book: wanted a string, this is a whole number"]


def test_an_unknown_source_is_told_with_the_nearest() -> None:
    told = faults(acme=('sources = ["book"]', 'sources = ["bock"]'))
    assert told == ["vendors/acme.toml: hosts[0].sources: 'bock' is none of book; did you mean 'book'?"]


def test_every_row_cites_a_source() -> None:
    places = {
        "vendors/acme.toml: hosts[0]": {"acme": ('sources = ["book"]', "sources = []")},
        "xx/steps.toml: exemption[0]": {
            "steps": ('text = "intelligence"\nsources = ["law"]', 'text = "t"\nsources = []')
        },
        "xx/agency.toml: phase[0]": {"agency": ('sources = ["law"]', "sources = []")},
    }
    for place, change in places.items():
        assert faults("", **change) == [f"{place}.{NO_SOURCE}"]
