"""The life of the package in a real systemd machine: install, look, block, break, upgrade, reboot, purge.

    machine.py OLD.deb NEW.deb [PART...]      run by run.sh, as root, in a network and mount namespace of its own

Prints a line for each thing shown; ends with an exit code of 1 at the first that is not so.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from denials import Denials
from nspawn import PLACE, ROOT, prepare, run, until
from scene import (
    BLOCKED,
    CAPABILITIES,
    CERTIFICATES,
    COLLECTOR,
    FETCH,
    FREE,
    HERE,
    KILL,
    KILL_FILE,
    NOERROR,
    NXDOMAIN,
    SITE,
    Scene,
    make_certificates,
    shown,
    went_on,
)


class Story(Scene):
    """A method for each part of it."""

    def install(self) -> None:
        kill = ROOT / KILL_FILE
        kill.parent.mkdir(parents=True)
        kill.write_text(KILL)
        self.put(self.old)
        shown("installed on a bare Debian 12 without a network, and running", self.is_active())
        status = self.machine.inside("systemctl", "status", "--no-pager", "enforcer")
        doubts = self.machine.inside("enforcer", "status", check=False)
        shown("`enforcer status` doubts that this is what is wanted", "NOT BLOCKING" in doubts)
        shown(
            "systemd is told, too, that it does not block", "NOT BLOCKING: `ceiling` is observe for the site" in status
        )
        asked = self.near("ask", BLOCKED), self.near("hello", BLOCKED)
        shown("nothing is blocked at first", asked == (NOERROR, "echoed"), asked)
        until(lambda: self.events("decision"), "the record")
        shown("and it is on record", {one["verdict"] for one in self.events("decision")} == {"observe"})

    def rights(self) -> None:
        pid = self.machine.outer_pid(self.machine.pid())
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
        )
        user = self.machine.inside("stat", "-c", "%U", f"/proc/{self.machine.pid()}").strip()
        shown("the daemon's user", user == "enforcer", user)
        for kind in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
            shown(f"its {kind} holds two capabilities", int(status[kind], 16) == CAPABILITIES, status[kind])
        shown("no new privileges, and a system-call filter", (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"))
        score = self.machine.inside("systemd-analyze", "security", "--no-pager", "enforcer", check=False).splitlines()[
            -1
        ]
        shown("systemd-analyze security, on the machine", re.search(r": 1\.[0-9] ", score), score.strip("→ "))

    def block(self) -> None:
        self.machine.inside(
            "enforcer", "config", "init", "--force", "--yes", "--subject", "us-person", "--name", "gateway-1"
        )
        self.machine.inside("enforcer", "config", "check")
        self.machine.inside("systemctl", "restart", "enforcer")
        before = len(self.arrived())
        asked = self.near("ask", BLOCKED), self.near("hello", BLOCKED)
        shown(
            "after `config init` an update is blocked, by name and by connection", asked == (NXDOMAIN, "reset"), asked
        )
        shown("nothing of it reached the far side", len(self.arrived()) == before)
        shown("what is free passes", (self.near("ask", FREE), self.near("hello", FREE)) == (NOERROR, "echoed"))
        log = ROOT / "var/log/syslog"
        until(lambda: log.exists() and 'verdict="block"' in log.read_text(errors="replace"), "the alert in rsyslog", 20)
        shown("the alert is in rsyslog's file", True)

    def operate(self) -> None:
        status = self.machine.inside("enforcer", "status").splitlines()[0]  # any exit code but 0 would end this
        shown("`enforcer status` is content", status == "gateway-1: in force", status)
        self.machine.inside("enforcer", "pause", "--for", "1m", "--reason", "a trial")
        shown("a pause lets pass what is blocked", self.near("ask", BLOCKED) == NOERROR)
        self.machine.inside("enforcer", "resume")
        shown("and its end blocks again", self.near("ask", BLOCKED) == NXDOMAIN)
        self.machine.inside("systemctl", "start", "enforcer-report.service")
        shown("the day's report is written", list((ROOT / "var/lib/enforcer/reports").glob("20*.html")))
        shown("the record is proven", "Proven: records 1 to" in self.machine.inside("enforcer", "audit", "verify"))

    def reload(self) -> None:
        good = SITE.read_text()
        pid = self.machine.pid()
        for what, text, why in (
            ("a faulty site file", good + "\n[oops]\n", "oops"),
            ("what needs a restart", good.replace("[datapath]", "[datapath]\nqueue = 5000"), "restart the service"),
        ):
            SITE.write_text(text)
            done = self.machine.run("systemctl", "reload", "enforcer")
            shown(f"`systemctl reload` fails for {what}", done.returncode == 1, done.stderr.strip().splitlines()[:1])
            done = self.machine.run("enforcer", "reload")
            shown("`enforcer reload` says why", (done.returncode, why in done.stderr) == (1, True), done.stderr.strip())
            shown("and what was in force still is", self.near("ask", BLOCKED) == NXDOMAIN)
        SITE.write_text(good)
        done = self.machine.run("systemctl", "reload", "enforcer")
        shown("what is right is taken", (done.returncode, self.machine.pid()) == (0, pid), done.stderr.strip())

    def doctor(self) -> None:
        done = self.machine.run("enforcer", "doctor", "--json")
        found = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
        wrong = {id_: one for id_, one in found.items() if one["level"] == "wrong"}
        levels = Counter(one["level"] for one in found.values())
        shown(
            "`enforcer doctor` finds nothing wrong", not wrong and done.returncode in (0, 1, 3), wrong or dict(levels)
        )

    def strangers(self) -> None:
        for verb in (["status"], ["reload"], ["pause", "--for", "1h", "--reason", "for me"]):
            # By a name that is not the daemon's: what the kernel refuses to it is not the daemon's either.
            done = self.machine.run("runuser", "-u", "nobody", "--", "python3", "-I", "/usr/bin/enforcer", *verb)
            told = (done.stdout + done.stderr).strip().splitlines()
            refused = done.returncode in (1, 3) and told[-1].startswith("cure: ")
            shown(f"a user who is nobody: `enforcer {verb[0]}` is refused", refused, told)
        shown("and what was in force still is", self.near("ask", BLOCKED) == NXDOMAIN)

    def outside(self) -> None:
        """Metrics, and a collector over TLS that asks who we are: by processes in the service's sandbox.

        As it is shipped: they ask for what the filter refuses (capset(2) to give up what they have, setpriority(2) to
        be of less weight) and take the refusal for an answer.
        """
        (ROOT / KILL_FILE).unlink()
        self.machine.inside("systemctl", "daemon-reload")
        for name in ("ca.pem", "client.pem", "client.key"):
            (SITE.parent / name).write_bytes((CERTIFICATES / name).read_bytes())
            self.machine.inside("chgrp", "enforcer", f"/etc/enforcer/{name}")
            self.machine.inside("chmod", "640", f"/etc/enforcer/{name}")
        SITE.write_text(SITE.read_text().replace("[output]", '[output]\nmetrics = "127.0.0.1:9464"') + COLLECTOR)
        self.machine.inside("systemctl", "restart", "enforcer")
        self.near("ask", BLOCKED)
        until(lambda: any(line.startswith("log ") and BLOCKED in line for line in self.far_log()), "the collector", 30)
        told = next(line for line in self.far_log() if line.startswith("log ") and BLOCKED in line)
        shown("an alert reached the collector over TLS, by a certificate of ours", 'verdict="block"' in told)
        metrics = self.machine.inside("python3", "-c", FETCH)
        shown("metrics are served", '\nenforcer_mode{mode="inline"} 1.0\n' in metrics, f"{len(metrics)} bytes")
        status = self.machine.run("enforcer", "status")
        shown("and `enforcer status` is content", status.returncode == 0, status.stdout.splitlines()[0])

    def lose(self) -> None:
        """The service's user may not read the kernel's table of queues, and what is lost is counted all the same."""
        inspector = self.machine.inside("pgrep", "-P", str(self.machine.pid())).split()[0]
        os.kill(self.machine.outer_pid(int(inspector)), signal.SIGSTOP)
        answer = self.near("ask", BLOCKED)
        shown("while its inspector hangs what needs judgement waits", answer is None, answer)
        until(lambda: self.near("ask", BLOCKED) == NXDOMAIN, "another inspector")
        until(lambda: self.near("ask", BLOCKED) and self.losses(), "the loss on record")
        shown("and what waited for the one that was killed is on record", True, self.losses()[-1])

    def losses(self) -> list[str]:
        return [one["reason"] for one in self.events("loss") if "reached no inspector" in one["reason"]]

    def hang(self) -> None:
        starts, stops, old = len(self.events("start")), len(self.events("stop")), self.machine.pid()
        os.kill(self.machine.outer_pid(old), signal.SIGSTOP)
        load = self.load(600)
        took = until(lambda: self.machine.pid() not in (0, old) and self.is_active(), "the watchdog", 40)
        shown("a hung daemon is killed by the watchdog and started again", True, f"{took:.1f} s")
        told = self.end_load(load)
        # What waits for the one that is killed goes with its queue, and is asked again.
        shown("free traffic went on meanwhile", went_on(told, at_most=1), told)
        until(lambda: len(self.events("start")) > starts, "the record of the start")
        shown("the record has a start without a stop before it", len(self.events("stop")) == stops)
        shown("and the journal the watchdog's word", "watchdog" in self.journal().lower())
        audit = self.machine.inside("enforcer", "audit", "--since", "1h")
        shown("`enforcer audit` shows the gap", "Gaps in coverage" in audit)

    def upgrade(self) -> None:
        site, before = SITE.read_text(), len(self.arrived())
        load = self.load(600)
        time.sleep(2)
        self.put(self.new)
        told = self.end_load(load)
        passed, away = len(self.arrived()) - before, self.seconds_away()
        shown("nothing of a blocked name passed meanwhile, by name or by connection", passed == 0, f"{away:.1f} s away")
        shown("upgraded under load: what is free waited and was answered, what was open stays so", went_on(told), told)
        took = self.events("start")[-1]["reason"]
        shown("the new daemon says what it took over", "took over 1 queue" in took, took)
        shown("the site file stays", SITE.read_text() == site)
        version = self.machine.inside("dpkg-query", "-W", "-f", "${Version}", "egress-enforcer")
        shown("the new version runs", version in self.new.name and self.is_active(), version)
        shown("it blocks", self.near("ask", BLOCKED) == NXDOMAIN)

    def reboot(self) -> None:
        self.far.kill()
        self.machine.power_off()
        (PLACE / "far.log").write_text("")
        self.far = self.begin_far_side()
        self.machine.boot((self.client, self.internet))
        load = self.load_from_the_first_moment()
        until(self.machine.is_up, "the machine to be up again", 120)
        until(lambda: "dns " + FREE in (PLACE / "far.log").read_text(), "the first forwarded packet")
        load.wait()
        passed = len([line for line in (PLACE / "far.log").read_text().splitlines() if FREE in line])
        shown(
            "after a reboot blocking is in force before the first packet is forwarded",
            not self.arrived(),
            f"{passed} free questions arrived, of the blocked name 0",
        )
        shown("and it runs", self.is_active())

    def load_from_the_first_moment(self) -> subprocess.Popen[bytes]:
        return self.client.start(
            sys.executable, HERE / "near_side.py", "knock", "12", FREE, BLOCKED, output=PLACE / "knock.json"
        )

    def purge(self) -> None:
        self.machine.inside("dpkg", "--purge", "egress-enforcer")
        found = self.machine.inside(
            "find",
            "/etc",
            "/usr",
            "/lib",
            "/var",
            "/run",
            "-xdev",
            "-iname",
            "*enforcer*",
            "-not",
            "-path",
            "/var/lib/systemd/catalog/*",
            check=False,
        )
        shown("after the purge no file is left", not found.strip(), found.split())
        shown("no user", "enforcer" not in (ROOT / "etc/passwd").read_text() + (ROOT / "etc/group").read_text())
        shown("no rule in the kernel", not self.machine.inside("nft", "list", "ruleset").strip())
        shown(
            "and what was blocked passes",
            (self.near("ask", BLOCKED), self.near("hello", BLOCKED)) == (NOERROR, "echoed"),
        )


PARTS = (
    *("install", "rights", "block", "operate", "doctor", "reload", "strangers"),
    *("lose", "hang", "upgrade", "reboot", "outside", "purge"),
)


def main() -> None:
    prepare()
    make_certificates()
    story = Story(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    with Denials() as denials:
        for part in sys.argv[3:] or PARTS:
            print(f"--    {part}", flush=True)
            getattr(story, part)()
            shown("nothing beyond the filter of system calls: it would have been killed", story.is_unhurt())
        if denials.works:
            tried = denials.of("enforcer", "nft")
            shown("capabilities that were tried beyond the two, by the kernel's own trace", not tried, tried or "none")
        else:
            print("--    this kernel traces no refused capabilities (Linux 6.14): not shown", flush=True)
    story.machine.power_off()
    run("umount", ROOT, check=False)
    print("PASS")


if __name__ == "__main__":
    main()
