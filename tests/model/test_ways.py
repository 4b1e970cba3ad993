"""What a site that says nothing does about ways around its DNS."""

from enforcer.model.ways import Treatment, Way, Ways


def test_what_hides_names_is_told_and_nothing_is_stopped() -> None:
    plain = Ways()
    told = {way for way in Way if plain.of(way) is Treatment.FLAG}
    assert told == {Way.DOH, Way.DOT, Way.DOQ, Way.WALK}
    assert all(plain.of(way) is Treatment.ALLOW for way in set(Way) - told)


def test_each_way_has_its_word() -> None:
    assert Ways(dot=Treatment.BLOCK).of(Way.DOT) is Treatment.BLOCK
    assert [way for way in Way if not hasattr(Ways(), way.value)] == []
