#!/usr/bin/env bash
# Installs the Debian package in a real systemd machine (systemd-nspawn) with a client behind it and servers beyond, and
# plays what an operator does: tests/systemd/machine.py. As root; changes nothing outside .run/systemd and dist.
#   tests/systemd/run.sh                         the whole story
#   tests/systemd/run.sh install block reboot    these parts, in this order
# Keeps the bare Debian under .run/systemd/base and makes it anew when what it is made of has changed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

HERE=.run/systemd SUITE=bookworm
MIRROR=${MIRROR:-http://deb.debian.org/debian}
PACKAGES=systemd,systemd-sysv,dbus,nftables,iproute2,python3,rsyslog,procps
# What apt would fetch for the package, and for its metrics: the machine itself has no way out.
DEPENDS="python3-click python3-cryptography python3-pyroute2 python3-prometheus-client"

say() { printf '%s systemd: %s\n' "$(date +%T)" "$*" >&2; }

make_base() {
  say "making the bare Debian (debootstrap, one to five minutes)"
  rm -rf $HERE/base
  debootstrap --variant=minbase --include="$PACKAGES" $SUITE $HERE/base "$MIRROR" >$HERE/debootstrap.log 2>&1 ||
    { tail -n 20 $HERE/debootstrap.log >&2; exit 1; }
  cp -L /etc/resolv.conf $HERE/base/etc/resolv.conf
  chroot $HERE/base sh -ec "export DEBIAN_FRONTEND=noninteractive; apt-get update -q
    apt-get install -q -y --no-install-recommends $DEPENDS; apt-get clean; rm -f /usr/sbin/policy-rc.d" >>$HERE/debootstrap.log 2>&1 ||
    { tail -n 20 $HERE/debootstrap.log >&2; exit 1; }
  rm $HERE/base/etc/resolv.conf
}

mkdir -p $HERE
exec 9>$HERE/lock; flock 9
stamp=$(sed -n '/^HERE/,/^DEPENDS/p;/^make_base/,/^}/p' tests/systemd/run.sh | sha256sum)
[ -d $HERE/base ] && [ "$(cat $HERE/stamp 2>/dev/null)" = "$stamp" ] || { make_base; echo "$stamp" >$HERE/stamp; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
old=$(packaging/deb/build.sh) new=$(packaging/deb/build.sh "$version+next")
# The kernel's trace of refused capabilities, of what descends from this process alone (denials.py).
tracing=/sys/kernel/tracing/instances/enforcer-test
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing || true
if [ -d /sys/kernel/tracing/events/capability ]; then
  [ ! -d $tracing ] || rmdir $tracing
  mkdir $tracing; echo 1 >$tracing/options/event-fork; echo $$ >$tracing/set_event_pid
fi
# A network, a file tree and a hold on processes of its own: nothing of it is left when it ends.
exec unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private .venv/bin/python tests/systemd/machine.py "$old" "$new" "$@"
