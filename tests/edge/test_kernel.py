"""Probing changes nothing; putting in place is whole or not at all."""

import json
import time
from pathlib import Path

import pytest
from classifier_fixtures import remembering
from namespace_fixtures import apart, nft
from queue_fixtures import waiting_before_and_after

from enforcer.edge import bpf, kernel, xtables
from enforcer.edge import nft as our_nft
from enforcer.edge.kernel import FEATURES, Kernel, install, probe, require_capabilities, uninstall
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan.queue_tables import QueueTarget, queue_target
from enforcer.plan.ruleset import ruleset

OLD, NEW = Settings(), Settings(fail="closed")
FALLBACK = Kernel(native_queue=False, nft_version=(1, 0, 6))


def text(generation: str) -> str:
    return ruleset([], Settings(), shift=0.0, native_queue=False, generation=generation)


@pytest.mark.kernel
def test_probing_finds_what_this_kernel_has_and_leaves_nothing() -> None:
    found, left = apart(lambda: (probe(), nft("list", "ruleset")))
    assert found.nft_version >= (0, 9, 8)
    assert isinstance(found.native_queue, bool)
    assert left == ""


@pytest.mark.kernel
def test_probing_drops_nothing_that_waits_in_a_queue() -> None:
    """The kernel drops it where a hook goes that was only looked at: the next run probes while questions wait."""
    assert apart(lambda: waiting_before_and_after(probe)) == [5, 5]


@pytest.mark.kernel
def test_each_feature_is_told_apart_by_a_trial() -> None:
    """Every line is accepted as it stands here, and refused when it is spoiled: so a refusal means something."""

    def work() -> list[bool]:
        spoiled = [feature._replace(chain=feature.chain + " nonsense") for feature in FEATURES]
        return [kernel._takes(feature) for feature in (*FEATURES, *spoiled)]

    assert apart(work) == [True] * len(FEATURES) + [False] * len(FEATURES)


def test_an_unfit_kernel_is_told_all_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def takes(*features: kernel.Feature) -> bool:
        return not any(feature.name in ("the time of day", "reject") for feature in features)

    monkeypatch.setattr(kernel, "require_capabilities", lambda: None)
    monkeypatch.setattr(our_nft, "version", lambda: (1, 0, 6))
    monkeypatch.setattr(kernel, "_takes", takes)
    with pytest.raises(EdgeError) as caught:
        probe()
    assert caught.value.why == (
        "this kernel or its nft lacks the time of day (Linux 5.4 and nft 0.9.3), reject (CONFIG_NFT_REJECT_INET)"
    )
    assert "Linux 5.10" in caught.value.cure
    assert caught.value.code == 5


@pytest.mark.parametrize(("classifier", "bodies"), [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("native", [True, False])
def test_the_queue_of_nft_is_preferred_and_stands_in_the_ruleset_unless_there_is_a_classifier(
    monkeypatch: pytest.MonkeyPatch, native: bool, classifier: bool, bodies: bool
) -> None:
    """The classifier is loaded with its program for bodies first, and without it only where that fails."""
    tried: list[QueueTarget] = []
    monkeypatch.setattr(kernel, "require_capabilities", lambda: None)
    monkeypatch.setattr(our_nft, "version", lambda: (1, 0, 6))
    monkeypatch.setattr(kernel, "_takes", lambda *features: native or features != (kernel.QUEUE,))
    monkeypatch.setattr(xtables, "check", tried.append)
    loaded: list[int] = []

    def classifies(_target: QueueTarget, *wanted: bytes) -> bool:
        loaded.append(len(wanted))
        return bodies if wanted else classifier

    monkeypatch.setattr(kernel, "_classifies", classifies)
    monkeypatch.setattr(kernel, "_effective", lambda: -1)
    found = probe()
    assert (found.queue_expression, found.classifier) == (native, classifier)
    assert found.native_queue is (native and not classifier)
    assert found.bodies is bodies
    assert loaded == ([1] if bodies else [1, 0])
    assert tried == ([] if native else [queue_target(Settings())])


@pytest.mark.kernel
@pytest.mark.parametrize("old", [True, False])
def test_a_kernel_that_takes_no_option_out_lacks_nothing_that_must_be_there(
    monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Before Linux 5.18 and nft 1.0.2, here nft's word for it."""
    check = our_nft.check

    def checked(text: str) -> None:
        if "reset tcp option" in text and old:
            raise EdgeError("syntax error, unexpected tcp", cure="", code=our_nft.UNFIT_HOST)
        check(text)

    monkeypatch.setattr(our_nft, "check", checked)
    assert apart(lambda: probe().multipath) is not old


@pytest.mark.parametrize("code", [our_nft.NEEDS_PERMISSION, 1])
def test_what_says_nothing_about_the_kernel_ends_the_probe(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """No permission, or an nft that took too long: no feature is missing for that."""

    def refuse(_: str) -> None:
        raise EdgeError("no", cure="root", code=code)

    monkeypatch.setattr(our_nft, "check", refuse)
    with pytest.raises(EdgeError, match=r"^no$"):
        kernel._takes(*FEATURES)


@pytest.mark.parametrize(
    ("effective", "lacking"),
    [("0", "CAP_NET_ADMIN and CAP_NET_RAW"), ("1000", "CAP_NET_RAW"), ("2000", "CAP_NET_ADMIN")],
)
def test_missing_capabilities_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, effective: str, lacking: str
) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapEff:\t{effective.zfill(16)}\nCapBnd:\t000001ffffffffff\n")
    monkeypatch.setattr(kernel, "STATUS", status)
    with pytest.raises(EdgeError, match=f"^missing {lacking}$") as caught:
        require_capabilities()
    assert caught.value.code == our_nft.NEEDS_PERMISSION
    if "ADMIN" not in lacking:
        require_capabilities("CAP_NET_ADMIN")
    status.write_text("CapEff:\t0000000000003000\n")
    require_capabilities()


@pytest.mark.kernel
@pytest.mark.parametrize(("classifier", "burden"), [(True, "the classifier of DNS only"), (False, "no classifier")])
def test_a_kernel_that_takes_no_classifier_is_told(classifier: bool, burden: str) -> None:
    plain = Kernel(native_queue=False, nft_version=(1, 0, 6), classifier=classifier)
    assert plain.burden.startswith(f"the kernel takes {burden}: all ")
    assert plain.burden.endswith("; what servers send is not looked at: update payloads show by their paths only")


@pytest.mark.kernel
def test_a_kernel_that_takes_all_of_the_classifier_has_no_burden() -> None:
    with remembering():
        pass  # permitted, or skipped
    found = kernel.with_openings(probe(), time.monotonic)
    assert not found.burden
    assert found.openings is not None
    found.openings.close()


def test_in_place_and_gone() -> None:
    def work() -> list[object]:
        install(FALLBACK, text("g1"), OLD)
        told: list[object] = [our_nft.installed(), xtables.installed()]
        return [*told, uninstall(), uninstall(), nft("list", "ruleset")]

    tables = ("table inet enforcer", "table ip enforcer_queue", "table ip6 enforcer_queue")
    assert apart(work) == ["g1", queue_target(OLD), tables, (), ""]


@pytest.mark.kernel
def test_with_the_queue_of_nft_there_is_one_table() -> None:
    def work() -> str:
        install(Kernel(native_queue=True, nft_version=(1, 0, 6)), text("g1"), OLD)
        return nft("list", "tables")

    assert apart(work) == "table inet enforcer\n"


@pytest.mark.kernel
def test_without_permission_for_bpf_there_is_no_classifier_and_all_dns_is_queued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(bpf, "call", refuse)

    def work() -> tuple[bool, str]:
        able = Kernel(native_queue=False, nft_version=(1, 0, 6), classifier=True)
        install(able, text("g1"), OLD, ["kaspersky.com"])
        return probe().classifier, nft("-j", "list", "table", "ip", "enforcer_queue")

    possible, listing = apart(work)
    assert not possible
    assert "NFQUEUE" in listing
    assert '"bpf"' not in listing


def failing(what: str) -> None:
    """Makes one step of `install` fail from here on, in this process."""

    def refuse(*_: object, **__: object) -> None:
        raise EdgeError("forced", cure="none")

    module, name = {"check": (our_nft, "check"), "tables": (xtables, "apply"), "rules": (our_nft, "apply")}[what]
    setattr(module, name, refuse)


def attempt(what: str) -> str:
    failing(what)
    try:
        install(FALLBACK, text("g2"), NEW)
    except EdgeError as error:
        return error.why
    return "no error"


@pytest.mark.kernel
@pytest.mark.parametrize("what", ["check", "tables", "rules"])
def test_a_step_that_fails_leaves_an_untouched_machine_untouched(what: str) -> None:
    def work() -> tuple[str, str]:
        return attempt(what), nft("list", "ruleset")

    assert apart(work) == ("forced", "")


@pytest.mark.kernel
@pytest.mark.parametrize("what", ["check", "tables", "rules"])
def test_a_step_that_fails_leaves_the_older_rules_in_force(what: str) -> None:
    """With `rules` the queue tables have been replaced already, and must come back as they were."""

    def work() -> tuple[str, list[str], list[str]]:
        install(FALLBACK, text("g1"), OLD)
        before = sorted(nft("list", "ruleset").split("table "))
        return attempt(what), before, sorted(nft("list", "ruleset").split("table "))

    why, before, after = apart(work)
    assert why == "forced"
    assert before == after


@pytest.mark.kernel
@pytest.mark.parametrize("native", [True, False])
def test_tables_that_stand_get_other_rules_and_remain(native: bool) -> None:
    """A hook that goes takes along what waits in the queue. A table's handle is given once."""
    kernel = Kernel(native_queue=native, nft_version=(1, 0, 6))

    def handles() -> list[int]:
        told = json.loads(nft("-j", "list", "tables"))["nftables"]
        return sorted(item["table"]["handle"] for item in told if "table" in item)

    def work() -> tuple[list[int], list[int], list[int], list[str | None]]:
        install(kernel, text("g1"), OLD)
        begun, said = handles(), [our_nft.installed()]
        install(kernel, text("g2"), OLD, stands=text("g1"))
        kept = handles()
        said.append(our_nft.installed())
        nft("delete", "chain", "inet", "enforcer", "generation_g2")
        install(kernel, text("g3"), OLD, stands=text("g2"))
        return begun, kept, handles(), [*said, our_nft.installed()]

    begun, kept, anew, said = apart(work)
    assert said == ["g1", "g2", "g3"]
    assert len(begun) == (1 if native else 3)
    assert kept == begun
    assert anew != begun, "what was thought to stand does not"
