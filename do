#!/usr/bin/env bash
# do: each verb is one thing a person does here. Bare ./do lists them.
# Needs bash and Python 3.11 only; what a verb lacks it installs, as root, or names in one line.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

verbs() {
  cat <<'END'
./do run      enforce on this machine until stopped (root); options go to `enforcer run`
./do lab      see it work in namespaces, changing nothing here; options go to `enforcer lab`
./do test     lint, types and every test; options go to pytest
./do check    lint, types and the tests that need no kernel: under a minute
./do vm       the short suite on Debian's stock kernel, emulated, at the true dates of the ban (root)
./do systemd  install the Debian package in a machine with systemd, and play its life, upgrade and removal (root)
./do deb      build the Debian package: dist/egress-enforcer_VERSION_all.deb
./do lock     write requirements.lock anew: every run-time package with its version and hashes
./do sbom     write dist/sbom.cdx.json (CycloneDX): what the locked environment consists of
./do bench    measure the data path in the lab; options go to benchmarks/dataplane.py
./do fuzz     break the decoders, then the judgement of names: `decoders` or `names` alone; --seconds N, --count N, --seed N
./do help     this list
END
}

# command:package, for what each verb runs, or file:package. Commands and files are looked for, packages are named.
for_run='nft:nftables'
for_lab="$for_run ip:iproute2 unshare:util-linux unbound:unbound nginx:nginx-light rsyslogd:rsyslog
  dig:bind9-dnsutils curl:curl openssl:openssl"
for_test="$for_lab git:git tcpdump:tcpdump ps:procps conntrack:conntrack keepalived:keepalived conntrackd:conntrackd tshark:tshark iperf3:iperf3 dnsperf:dnsperf
  named:bind9 dnsmasq:dnsmasq-base kresd:knot-resolver squid:squid-openssl iptables-nft:iptables chromium:chromium groff:groff-base
  systemd-analyze:systemd promtool:prometheus gtlsserver:ngtcp2-server gtlsclient:ngtcp2-client
  firewalld:firewalld ufw:ufw wg:wireguard-tools wireguard-go:wireguard-go /usr/lib/*/rsyslog/lmnsd_gtls.so:rsyslog-gnutls
  /usr/lib/*/libatomic.so.1:libatomic1" # which the Node.js of Playwright needs
for_syslog_ng='syslog-ng-core libivykis0 libjson-c5 libnet1 libpcre3 libwrap0'

for_deb="dpkg-deb:dpkg git:git"
for_systemd="$for_deb systemd-nspawn:systemd-container systemctl:systemd debootstrap:debootstrap ip:iproute2 openssl:openssl"
for_vm="qemu-system-x86_64:qemu-system-x86 debootstrap:debootstrap mkfs.ext4:e2fsprogs"

say() { printf '%s\n' "$*" >&2; }
fail() { say "do: $1"; shift; for line in "$@"; do say "    $line"; done; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

missing() { # the packages whose commands are not here
  local pair
  for pair in $1; do
    command -v "${pair%%:*}" >/dev/null || compgen -G "${pair%%:*}" >/dev/null || printf '%s ' "${pair##*:}"
  done
  python3 -c 'import ensurepip, venv' 2>/dev/null || printf 'python3-venv '
}

quietly() { # runs with its output in a log, which is shown when it fails
  mkdir -p .run
  "$@" >.run/install.log 2>&1 || { tail -n 20 .run/install.log >&2; fail "failed: $*" "the whole output: .run/install.log"; }
}

# Packages bring services that would start now and at each boot. The lab starts its own; so this machine's stay off.
no_services_begin() {
  policy=/usr/sbin/policy-rc.d; kept=''
  # One of ours is what a killed run left: not to be kept.
  if [ -e $policy ] && ! grep -q 'egress-enforcer' $policy; then kept=$(mktemp "$policy.XXXXXX"); mv -f $policy "$kept"; fi
  trap no_services_end EXIT
  printf '#!/bin/sh\n# egress-enforcer: only while packages are installed\nexit 101\n' >$policy; chmod 755 $policy
}
no_services_end() {
  trap - EXIT
  if [ -n "$kept" ]; then mv -f "$kept" $policy; else rm -f $policy; fi
}
disable_services() {
  local pair
  command -v systemctl >/dev/null || return 0
  for pair in unbound:unbound nginx-light:nginx rsyslog:rsyslog iperf3:iperf3 bind9:named knot-resolver:kresd@1 squid-openssl:squid prometheus:prometheus keepalived:keepalived conntrackd:conntrackd \
    firewalld:firewalld ufw:ufw ngtcp2-server:ngtcp2d; do
    case " $1 " in *" ${pair%%:*} "*)
      systemctl disable --quiet "${pair##*:}" 2>>.run/install.log || say "do: could not disable ${pair##*:}" ;;
    esac
  done
}

packages() {
  local names; names=$(missing "$1"); names=${names% }
  [ -n "$names" ] || return 0
  is_root || fail "packages are missing; as root:" "apt-get install --no-install-recommends $names"
  command -v apt-get >/dev/null || fail "these are missing, and there is no apt-get here: $names"
  say "do: installing $names"
  no_services_begin
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q
  # shellcheck disable=SC2086 # a list of names
  quietly apt-get install -q -y --no-install-recommends $names
  no_services_end
  disable_services "$names"
}

# Debian's syslog-ng cannot be installed beside rsyslog: for the tests its files lie in a folder of their own.
apart=.run/syslog-ng
# shellcheck disable=SC2086 # a list of names
fetch_syslog_ng() { (cd $apart.new && apt-get download -q $for_syslog_ng); }
syslog_ng() {
  local package
  if [ -x $apart/usr/sbin/syslog-ng ] || command -v syslog-ng >/dev/null; then return 0; fi
  command -v apt-get >/dev/null || fail "syslog-ng is missing, and there is no apt-get here"
  say "do: unpacking syslog-ng into $apart"
  rm -rf $apart $apart.new && mkdir -p $apart.new
  # Its lists may be missing or old; only root can renew them.
  if is_root && ! fetch_syslog_ng >.run/install.log 2>&1; then quietly apt-get update -q; fi
  quietly fetch_syslog_ng
  for package in $apart.new/*.deb; do quietly dpkg-deb --extract "$package" $apart.new; done
  rm -f $apart.new/*.deb && mv $apart.new $apart
}

# The stamp says which pyproject the environment was made from, by which Python, and where: any change makes it anew.
stamp() { { cat pyproject.toml; python3 -V; pwd; } | sha256sum; }
made() { [ -e ".venv/.stamp-$1" ] && [ "$(cat ".venv/.stamp-$1")" = "$(stamp)" ]; }
environment() { # run or dev; dev holds all that run needs
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or later is needed, python3 is $(python3 -V)"
  if made "$1" || made dev; then return 0; fi
  say "do: preparing .venv ($1)"
  [ -x .venv/bin/python ] && [ -x .venv/bin/pip ] || quietly python3 -m venv --clear .venv
  # Debian's pip is too old to know dependency groups.
  quietly .venv/bin/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'
  if [ "$1" = dev ]; then quietly .venv/bin/python -m pip install -q --disable-pip-version-check -e . --group dev
  else quietly .venv/bin/python -m pip install -q --disable-pip-version-check -e .; fi
  stamp >".venv/.stamp-$1"
}

# One after the other, whatever the one before said: a person wants to see all that is wrong.
failed=''
step() { say "do: $1"; shift; "$@" || failed="$failed '$*'"; }
lint() {
  step lint .venv/bin/ruff check -q .
  step format .venv/bin/ruff format -q --check .
  step types .venv/bin/mypy
}
conclude() { [ -z "$failed" ] || fail "failed:$failed"; }

# A normal user is root inside a namespace of his own: the kernel tests need no more.
in_namespace() {
  if is_root; then "$@"; return; fi
  unshare --user --map-root-user --net --mount true 2>/dev/null ||
    fail "this needs root, or user namespaces for normal users, which are off here; as root:" "sysctl kernel.unprivileged_userns_clone=1"
  unshare --user --map-root-user --net --mount sh -c 'ip link set lo up && mount -t tmpfs none /run && exec "$@"' sh "$@"
}

do_run() {
  is_root || fail "run needs root: it puts rules into this machine's kernel. As root:" "./do run" "a trial that changes nothing here, as any user:" "./do lab"
  packages "$for_run"; environment run
  exec .venv/bin/enforcer run "$@"
}
do_lab() { packages "$for_lab"; environment run; exec .venv/bin/enforcer lab "$@"; }
do_test() { packages "$for_test"; syslog_ng; environment dev; lint; step tests in_namespace .venv/bin/pytest "$@"; conclude; }
do_check() { packages ''; environment dev; lint; step tests .venv/bin/pytest -q -m 'not kernel and not lab' "$@"; conclude; }
do_vm() {
  is_root || fail "vm needs root: it makes a disk with debootstrap and chroot. As root:" "./do vm"
  packages "$for_vm"; environment dev; exec tests/vm/run.sh "$@"
}
do_deb() { packages "$for_deb"; environment run; exec packaging/deb/build.sh "$@"; }
do_systemd() {
  is_root || fail "systemd needs root: it makes a machine with debootstrap and systemd-nspawn. As root:" "./do systemd"
  packages "$for_systemd"; environment dev; exec tests/systemd/run.sh "$@"
}
release() { # the tools that make a release, in an environment of their own
  packages ''
  [ -x .run/release/bin/pip ] || quietly python3 -m venv --clear .run/release
  quietly .run/release/bin/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1' # knows groups
  quietly .run/release/bin/python -m pip install -q --disable-pip-version-check --group release
}
do_lock() {
  release
  .run/release/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-header \
    --all-extras --output-file requirements.lock pyproject.toml "$@"
}
do_sbom() { # of what the lock says, installed by its hashes
  release
  quietly python3 -m venv --clear .run/sbom
  quietly .run/sbom/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
  quietly .run/sbom/bin/python -m pip install -q --disable-pip-version-check --no-deps .
  quietly .run/sbom/bin/python -m pip uninstall -q -y --disable-pip-version-check pip setuptools
  mkdir -p dist
  .run/release/bin/cyclonedx-py environment --output-reproducible --of JSON -o dist/sbom.cdx.json --pyproject pyproject.toml .run/sbom/bin/python
  say "do: wrote dist/sbom.cdx.json"
}
do_bench() { packages "$for_test"; environment dev; exec .venv/bin/python benchmarks/dataplane.py "$@"; }
do_fuzz() { # one of the two programs, or both with the options that both have
  packages ''; environment dev
  local programs='decoders names' one
  case ${1:-} in decoders | names) programs=$1; shift ;; esac
  for one in $programs; do step "fuzz $one" .venv/bin/python "tests/fuzz/fuzz_$one.py" "$@"; done
  conclude
}
do_help() { verbs; }

verb=${1:-help}; shift || true
case $verb in -h | --help) verb=help ;; test-vm) verb=vm ;; test-systemd) verb=systemd ;; esac
[ "$(type -t "do_$verb")" = function ] || { say "do: no verb '$verb'"; verbs >&2; exit 2; }
"do_$verb" "$@"
