"""The programs that the lab runs, and the Debian packages that bring them."""

from __future__ import annotations

import shutil

from enforcer.model.errors import EdgeError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = {
    "nft": "nftables",
    "ip": "iproute2",
    "unshare": "util-linux",
    "unbound": "unbound",
    "nginx": "nginx-light",
    "rsyslogd": "rsyslog",
    "dig": "bind9-dnsutils",
    "curl": "curl",
    "openssl": "openssl",
}


def require() -> None:
    """Raises EdgeError that names all packages that are missing, not only the first."""
    missing = sorted({package for program, package in PACKAGES.items() if shutil.which(program, path=PATH) is None})
    if missing:
        raise EdgeError(
            f"the lab needs programs of the packages {', '.join(missing)}",
            cure=f"as root: apt-get install --no-install-recommends {' '.join(missing)} (or use ./do lab)",
        )
