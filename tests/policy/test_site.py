from policy_fixtures import WAIVER, small


def fine(scope: str) -> bool:
    return small(WAIVER + scope).site.waivers[0].fine


def test_a_waiver_is_fine_if_it_singles_out_names_or_addresses() -> None:
    assert fine('names = ["upd.acme.example"]')
    assert fine('clients = ["10.1.2.3/32"]')
    assert not fine('vendors = ["acme"]\nservices = ["update"]\nbans = ["xx-steps"]')


def test_the_site_itself_is_the_first_group() -> None:
    assert [group.name for group in small('[[group]]\nname = "x"\nmacs = ["02:00:5e:10:00:01"]').site.groups] == [
        "",
        "x",
    ]
