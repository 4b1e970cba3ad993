"""Lines for /etc/hosts, and what they cannot say."""

from export_fixtures import acme, made

from enforcer.export import hosts_file


def test_every_blocked_name_that_is_spelled() -> None:
    body = hosts_file.write(made(acme()))[0].text.partition("\n\n")[2].splitlines()
    assert "0.0.0.0 shop.example # block: acme store by xx-acme/full" in body
    assert ":: shop.example" in body
    assert "0.0.0.0 acme.example # block: acme update by xx-acme/full" in body
    assert "0.0.0.0 help.acme.example" not in "\n".join(body)
    assert len(body) % 2 == 0


def test_the_header_counts_the_domains_left_out() -> None:
    [file] = hosts_file.write(made(acme()))
    said = "4 domains blocked with everything below are left out but for the names that the policy spells"
    assert any(said in note for note in file.notes)
    assert said in file.text.replace("\n# ", " ")
