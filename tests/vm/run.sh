#!/usr/bin/env bash
# Boots Debian's stock kernel in an emulated machine and runs the short suite in it: tests/vm/inside.sh. As root.
#   tests/vm/run.sh                 all
#   tests/vm/run.sh dates kernel    some of its parts: dates, kernel, path, multipath, others, networks, handover, flowtable
#   tests/vm/run.sh shell           a shell in that machine instead; `poweroff -f` ends it
# Keeps the machine's disk under .run/vm and makes it anew when what it is made of has changed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

VM=.run/vm SUITE=bookworm PATIENCE=${PATIENCE:-3600}
# Before the ban's last date by what booting and the lab's servers take, one to three minutes, and READY_BEFORE of true_dates.py.
CLOCK=${CLOCK:-2024-09-29T03:54:30}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
PACKAGES=linux-image-amd64,kmod,python3,nftables,iproute2,iptables,procps,util-linux,conntrack,tcpdump,unbound,nginx-light
PACKAGES+=,rsyslog,bind9-dnsutils,curl,openssl,wireguard-tools
MODULES=(click 'cryptography>=42' 'pyroute2>=0.7.2' 'pytest>=8' pytest-timeout hypothesis dnspython scapy aioquic)

say() { printf '%s vm: %s\n' "$(date +%T)" "$*" >&2; }

make_disk() {
  say "making the disk (debootstrap, two to four minutes)"
  rm -rf $VM/root $VM/root.img
  debootstrap --variant=minbase --include="$PACKAGES" $SUITE $VM/root "$MIRROR" >$VM/debootstrap.log 2>&1 ||
    { tail -n 20 $VM/debootstrap.log >&2; exit 1; }
  .venv/bin/python -m pip install -q --disable-pip-version-check --target $VM/root/opt/python --python-version 3.11 \
    --only-binary=:all: "${MODULES[@]}" >$VM/pip.log 2>&1 || { tail -n 20 $VM/pip.log >&2; exit 1; }
  chroot $VM/root python3 -m compileall -q /opt/python || true # files for other versions of Python do not compile
  rm -rf $VM/root/var/cache/apt/archives/*.deb $VM/root/usr/share/{doc,man,locale}
  mkdir -p $VM/root/src
  printf '#!/bin/sh\nmount -t proc proc /proc\nmount /dev/vdb /src && exec /src/tests/vm/inside.sh\n' >$VM/root/sbin/vm-init
  chmod 755 $VM/root/sbin/vm-init
  cp $VM/root/boot/vmlinuz-* $VM/kernel; cp $VM/root/boot/initrd.img-* $VM/initrd
  mkfs.ext4 -q -F -d $VM/root $VM/root.img 1600M >/dev/null
  rm -rf $VM/root
}

# What lies here and is not ignored, as it is now: committed or not.
make_source() {
  rm -rf $VM/src $VM/src.img; mkdir -p $VM/src
  git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C $VM/src
  # Compiling takes the emulated machine a minute; its Python is 3.11.
  if .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
    .venv/bin/python -m compileall -q $VM/src/enforcer
  fi
  mkfs.ext4 -q -F -d $VM/src $VM/src.img 128M >/dev/null
  rm -rf $VM/src
}

boot() { # what to run inside
  timeout "$PATIENCE" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 2048 -smp 2 -nographic -no-reboot -nic none \
    -device virtio-rng-pci -rtc "base=$CLOCK" -kernel $VM/kernel -initrd $VM/initrd \
    -append "root=/dev/vda rw quiet mitigations=off console=ttyS0 panic=-1 init=/sbin/vm-init vm=$1" \
    -drive file=$VM/root.img,format=raw,if=virtio,snapshot=on -drive file=$VM/src.img,format=raw,if=virtio,snapshot=on
}

mkdir -p $VM
exec 9>$VM/lock; flock 9 # two runs at a time may share the disk, not the making of it
stamp=$(sed -n "/^MIRROR/,/^MODULES/p;/^make_disk/,/^}/p" tests/vm/run.sh | sha256sum)
[ -e $VM/root.img ] && [ "$(cat $VM/stamp 2>/dev/null)" = "$stamp" ] || { make_disk; echo "$stamp" >$VM/stamp; }
make_source
exec 9>&-
if [ "${1:-}" = shell ]; then boot shell; exit; fi
parts=${*:-dates kernel path multipath others networks handover flowtable}; parts=${parts// /,}
log=$VM/console-$parts.log
say "booting for $parts at $CLOCK, load $(cut -d' ' -f1 /proc/loadavg); the console goes to $log"
start=$SECONDS
boot "$parts" </dev/null >$log 2>&1 || say "the machine ended with $?"
tr -d '\r' <$log | grep -a -o 'VM [A-Za-z].*\|^FAILED.*\|^ERROR.*\|^E  .*\|.* passed.*' >&2 || true
say "took $((SECONDS - start)) s"
tr -d '\r' <$log | grep -a -q '^VM RESULT 0$' || { say "FAIL; see $log"; exit 1; }
say "PASS: $parts"
