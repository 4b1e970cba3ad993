"""List files without files: texts by path, and a vendor that names them."""

from collections.abc import Mapping

from policy_fixtures import ACME, FILES

from enforcer.model.errors import EdgeError, PolicyError
from enforcer.policy.compiled import Policy
from enforcer.policy.list_file import ListFile
from enforcer.policy.lists import Lists
from enforcer.policy.load import load

NAMED = ACME + '\n[[hosts]]\nservice = "update"\nconfidence = "high"\nsources = ["book"]\n'


def in_chunks(data: bytes, size: int = 65_536) -> ListFile:
    return ListFile(len(data), [data[at : at + size] for at in range(0, len(data), size)])


def lists_of(texts: Mapping[str, str], before: Mapping[str, int] | None = None, *, allow_shrink: bool = False) -> Lists:
    def opened(file: str) -> ListFile:
        if file not in texts:
            raise EdgeError(f"cannot read {file}: No such file or directory", cure="see that it exists")
        return in_chunks(texts[file].encode())

    return Lists(open=opened, before=before or {}, allow_shrink=allow_shrink)


def with_lists(lists: Lists, keys: str) -> Policy:
    """The small world, Acme with one more table that has these keys."""
    return load({**FILES, "vendors/acme.toml": NAMED + keys + "\n"}, lists=lists)


def faults_with(lists: Lists, keys: str) -> list[str]:
    try:
        with_lists(lists, keys)
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []
