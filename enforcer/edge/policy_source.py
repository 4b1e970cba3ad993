"""Where policies come from: a folder, or the bundle that the site file names; and what the daemon makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from enforcer.edge.arena import Arena
from enforcer.edge.bundle_file import BundleFile
from enforcer.edge.files import (
    SITE_FILE,
    read_beside,
    read_bypass_files,
    read_policies,
    read_site,
    shipped_policies,
)
from enforcer.edge.list_files import NONE, lists_to_look_at, opened_in
from enforcer.edge.serials import Serials
from enforcer.edge.signatures import SHORT, PublicKey, read_public_key
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.policy.bundle import Bundle, unpack
from enforcer.policy.compiled import Policy
from enforcer.policy.lists import Lists
from enforcer.policy.load import load
from enforcer.policy.pattern_list import Allocate
from enforcer.policy.site_trust import trust_of
from enforcer.policy.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Policies and site file as read, not yet compiled."""

    site: str
    site_name: str
    trust: Trust
    keys: tuple[PublicKey, ...]
    policies: dict[str, str]
    bypass: dict[str, str]
    """The files of ways around DNS."""
    bundle: Bundle | None
    """None: the policies are a folder's."""
    folder: Path
    """Where its lists are, without a bundle."""

    def load(
        self, allocate: Allocate = bytearray, before: Mapping[str, int] = NONE, *, looking: bool = False
    ) -> Policy:
        """`allocate` and `before` as in Lists; whoever is only `looking` sees empty lists too. Raises PolicyError."""
        opened = self.bundle.open_list if self.bundle else opened_in(self.folder)
        shrink = looking or self.trust.allow_shrink
        lists = Lists(open=opened, allocate=allocate, before=before, allow_shrink=shrink)
        return load(self.policies, self.site, self.site_name, lists, self.bypass)

    def beside(self, name: str) -> str:
        """As read_beside(): a part of the set that is no policy. Raises EdgeError."""
        if self.bundle is None:
            return read_beside(self.folder, name)
        return self.bundle.files.get(name, b"").decode(errors="surrogateescape")


def read_source(policies: Path | None, config: Path | None) -> Source:
    """A folder that is given, else the bundle of the site file, else the shipped policies.

    A bundle is checked against the site's keys; whether it is an older one, only the daemon knows. Raises EdgeError
    and PolicyError.
    """
    site, name = read_site(config)
    trust = trust_of(site, name)
    keys: tuple[PublicKey, ...] = ()
    bundle = None
    if policies is None and trust.bundle:
        keys = tuple(read_public_key(Path(key)) for key in trust.keys)
        bundle = read_bundle(Path(trust.bundle), keys)
    folder = policies or shipped_policies()
    texts = bundle.policies if bundle else read_policies(folder)
    return Source(
        site=site,
        site_name=name,
        trust=trust,
        keys=keys,
        policies=texts,
        bypass=bundle.bypass if bundle else read_bypass_files(folder),
        bundle=bundle,
        folder=folder,
    )


def load_folder(folder: Path, site: str = "", site_name: str = str(SITE_FILE)) -> Policy:
    """The policy of a folder for whoever only looks at it, whole: with its lists, and the ways around DNS.

    Raises EdgeError and PolicyError.
    """
    return load(read_policies(folder), site, site_name, lists_to_look_at(folder), read_bypass_files(folder))


def read_bundle(path: Path, keys: Sequence[PublicKey]) -> Bundle:
    """The bundle, if one of these keys signed it. Raises EdgeError if it cannot be read, else PolicyError."""

    def signed_by(document: bytes, signature: bytes) -> str:
        return next((key.fingerprint for key in keys if key.made(document, signature)), "")

    return unpack(BundleFile(path), str(path), signed_by)


def _as_written(settings: Settings) -> Settings:
    return settings


class Intake:
    """The daemon's policy: read anew at each `load`, in force from `accept` on."""

    def __init__(
        self, policies: Path | None, config: Path | None, overrule: Callable[[Settings], Settings] = _as_written
    ) -> None:
        """`overrule` has the last word on the site file's settings; it may raise EdgeError."""
        self._policies = policies
        self._overrule = overrule
        self._config = config
        self._serials: dict[Path, Serials] = {}
        self._source: Source | None = None
        self._listed = self._in_force = NONE
        """How many patterns each list has, of what was loaded last and of what is in force."""

    def load(self) -> Policy:
        """What is there now. Raises EdgeError and PolicyError: unreadable, unsigned, older than what was in force."""
        source = read_source(self._policies, self._config)
        if source.trust.require_signature and source.bundle is None:
            raise EdgeError(
                f"{source.site_name} asks for signed policies, and {self._policies} is a folder",
                cure="leave out --policies, or take require_signature out of the site file",
            )
        if source.bundle:
            manifest, trusted = source.bundle.manifest, [key.fingerprint for key in source.keys]
            self._serials_of(source.trust).refuse_older(manifest.serial, manifest.digest, trusted)
        policy = source.load(Arena().allocate, self._in_force)
        policy.settings = self._overrule(policy.settings)
        self._source, self._listed = source, policy.patterns.listed
        return policy

    def accept(self) -> str:
        """To be called when what `load` gave last is in force. Says where it came from, for the record.

        Raises EdgeError if the bundle's serial could not be remembered.
        """
        assert self._source is not None  # noqa: S101 (a programming fault)
        self._in_force = self._listed
        bundle, trust = self._source.bundle, self._source.trust
        if bundle is None:
            return " from a folder, unsigned" if trust.bundle else ""
        manifest, serials = bundle.manifest, self._serials_of(trust)
        first = "" if serials.known(bundle.signer) else ", the first by it here"
        origin = f"bundle serial {manifest.serial}, key {bundle.signer[:SHORT]}{first}"
        try:
            serials.accept(manifest.serial, manifest.digest, bundle.signer)
        except EdgeError as error:
            raise EdgeError(f"{origin}: its serial is not remembered: {error.why}", cure=error.cure) from error
        return f" from {origin}"

    def _serials_of(self, trust: Trust) -> Serials:
        path = Path(trust.state)
        return self._serials.setdefault(path, Serials(path))
