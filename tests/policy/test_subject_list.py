"""The list of subjects, read as strictly as all else."""

import pytest

from enforcer.model.errors import PolicyError
from enforcer.policy.subject_list import read_subjects


def test_titles_by_word_in_the_order_of_the_file() -> None:
    text = '[subject.b]\ntitle = "B"\nnote = "n"\n[subject.a]\ntitle = "A"\n'
    assert list(read_subjects(text).items()) == [("b", "B"), ("a", "A")]


def test_an_absent_list_knows_nobody() -> None:
    assert read_subjects("") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[subject.a]\n", "subjects.toml: subject.a.title: is missing"),
        ('[subject.a]\ntitle = "A"\ntitel = "A"\n', "subject.a.titel: unknown key; did you mean 'title'?"),
        ("subject = 1\n", "subject: wanted a table, this is a whole number"),
        ('[subject]\na = "A"\n', "subject.a: wanted a table, this is a string"),
        ("[subjects.a]\n", "subjects: unknown key; did you mean 'subject'?"),
        (
            '[subject."a\\u001b"]\ntitle = "A"\n',
            "subject.a\\x1b: has the character '\\x1b', which would act where it is shown; take it out",
        ),
        ("[", "end of document"),
    ],
)
def test_faults_are_told(text: str, why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_subjects(text)
    assert why in str(refused.value)
