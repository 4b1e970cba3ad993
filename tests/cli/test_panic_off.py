"""`enforcer panic-off` as an operator runs it."""

import subprocess
import sys

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import kernel
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset

pytestmark = pytest.mark.kernel


def panic_off(*before: str) -> tuple[int, str, str]:
    command = [*before, sys.executable, "-m", "enforcer", "panic-off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_everything_of_ours_goes_and_nothing_else() -> None:
    def work() -> tuple[tuple[int, str, str], str]:
        nft("add", "table", "inet", "theirs")
        settings = Settings()
        text = ruleset([], settings, shift=0.0, native_queue=False, generation="g")
        kernel.install(kernel.Kernel(native_queue=False, nft_version=()), text, settings)
        return panic_off(), nft("list", "ruleset")

    told, left = apart(work)
    assert told == (
        0,
        "removed table inet enforcer\nremoved table ip enforcer_queue\nremoved table ip6 enforcer_queue\n",
        "",
    )
    assert left == "table inet theirs {\n}\n"


def test_a_broken_remainder_goes_without_the_nft_program() -> None:
    def work() -> tuple[tuple[int, str, str], str]:
        nft("-f", "-", text="table inet enforcer {\n chain half {\n counter\n }\n}\n")
        return panic_off("env", "PATH=/nowhere"), nft("list", "ruleset")

    assert apart(work) == ((0, "removed table inet enforcer\n", ""), "")


def test_nothing_to_remove_is_no_error() -> None:
    told = apart(panic_off)
    assert told == (0, "nothing to remove: no rule of the enforcer was in force\n", "")


def test_without_permission_it_says_what_it_needs() -> None:
    code, said, complaint = apart(lambda: panic_off("setpriv", "--inh-caps=-all", "--bounding-set=-all"))
    assert (code, said) == (4, "")
    assert complaint.startswith("enforcer: missing CAP_NET_ADMIN\ncure: run as root")
