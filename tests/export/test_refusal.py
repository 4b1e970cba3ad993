from enforcer.export.refusal import ExportRefused


def test_it_carries_why_and_the_cure() -> None:
    refused = ExportRefused("why not", cure="do that")
    assert (refused.why, refused.cure, str(refused)) == ("why not", "do that", "why not")
