#!/bin/sh
# The first process of the emulated machine: prepares what an init system would, runs the suite, powers off.
# What it prints beginning with VM is what run.sh shows; "VM RESULT 0" means that all passed.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export CI=true TESTS_SLOWER=8 TESTS_NATIVE_QUEUE=1
mountpoint -q /sys || mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm && mount -t devpts pts /dev/pts; mount -t tmpfs shm /dev/shm
for place in /run /tmp /var/lib; do mount -t tmpfs tmpfs $place; done
ip link set lo up
cd /src || exit
# As if it was installed: the lab hands no PYTHONPATH on, and the daemon asks for its own version.
installed=/usr/lib/python3/dist-packages
printf '/src\n/opt/python\n' >$installed/enforcer.pth
mkdir $installed/egress_enforcer.dist-info
printf 'Metadata-Version: 2.1\nName: egress-enforcer\n%s\n' "$(sed -n 's/^version = "\(.*\)"/Version: \1/p' pyproject.toml)" \
  >$installed/egress_enforcer.dist-info/METADATA
[ -d enforcer/cli/__pycache__ ] || python3 -m compileall -q -j 2 enforcer
echo "VM kernel $(uname -r), $(nft --version), $(python3 -V), clock $(date -u +%FT%TZ)"
parts=$(sed -n 's/.*vm=\([a-z,]*\).*/\1/p' /proc/cmdline)
if [ "$parts" = shell ]; then setsid -c sh -i </dev/ttyS0 >/dev/ttyS0 2>&1; fi
# The console shows errors only, and a BUG of the kernel's begins with a warning.
warnings() { dmesg --level=emerg,alert,crit,err,warn; }
booted=$(warnings | wc -l)

failed=0
suite() { # a part's name, what it shows, then pytest's arguments
  case ",$parts," in *",$1,"*) ;; *) return ;; esac
  title=$2; shift 2
  began=$(cut -d. -f1 /proc/uptime); outcome=PASS
  python3 -m pytest -v --color=no --tb=short -p no:cacheprovider --timeout=600 "$@" || { outcome=FAIL; failed=1; }
  echo "VM $outcome $title: $(($(cut -d. -f1 /proc/uptime) - began)) s"
}
export PYTHONPATH=/src/tests/kernel:/src/tests/lab
path=tests/kernel/test_data_path.py classified=tests/kernel/test_classified.py
suite dates "the true dates, a live download, a stepped clock" -s tests/vm/true_dates.py
suite kernel "what the kernel takes" -s tests/vm/stock_kernel.py
suite path "the data path over nft's queue" $path -k "question_is_queued and 10.77 or blocked_question and client or \
  rewritten and gateway or between_two_servers or only_the_syn or acknowledgements and fd77 or reset_at_once and gateway-fd77"
suite path "the data path behind the classifier" $classified -k "only_names and client-10.77 or marks_its_connection and client-fd77 or \
  without_its_syn and 10.77"
path=tests/kernel/test_failure.py
suite path "with nobody at nft's queue" $path -k "fail_open and 10.77 or fail_closed_drops and fd77 or killed_judge"
suite multipath "Multipath TCP, with and without a classifier" tests/lab/test_two_paths.py -k "both_ends or two_paths_is_not_read and 2001"
suite others "flowtables" tests/vm/stock_neighbours.py
suite networks "VLANs, WireGuard" tests/vm/stock_networks.py
suite handover "a queue between two daemons" -s tests/vm/stock_handover.py
export TESTS_SLOWER=24
suite flowtable "our own flowtable" -s tests/vm/stock_flowtable.py
warnings | tail -n "+$((booted + 1))" | head -n 60 | sed 's/^/VM the kernel says /'
echo "VM RESULT $failed"
sync
echo o >/proc/sysrq-trigger
sleep 60
