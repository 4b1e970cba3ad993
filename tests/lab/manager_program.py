"""A service manager of a few lines, with a store for descriptors (sd_notify(3), sd_listen_fds(3)): systemd's part.

    manager_program.py COMMAND...

Runs the command. SIGUSR1 and then SIGHUP are a restart: the first ends it as `systemctl restart` does, by SIGUSR1, and
the second starts it again with what it gave into the store. SIGUSR2 kills it. SIGTERM ends it and the manager.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

FIRST, MOST, ROOM = 3, 16, 4096
WATCHED = {signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}


class Manager:
    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._address = f"/run/lab/notify-{os.getpid()}"
        Path(self._address).unlink(missing_ok=True)
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(self._address)
        self._kept: dict[str, int] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            data, descriptors, _, _ = socket.recv_fds(self._ears, ROOM, MOST)
            told = dict(line.split("=", 1) for line in data.decode().splitlines())
            with self._lock:
                if "FDSTORE" in told:
                    (self._kept[told["FDNAME"]],) = descriptors
                    os.set_inheritable(descriptors[0], False)
                elif "FDSTOREREMOVE" in told:
                    os.close(self._kept.pop(told["FDNAME"]))

    def start(self) -> None:
        with self._lock:
            names, descriptors = list(self._kept), list(self._kept.values())

        def pass_on() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
            # First out of the way of each other, then to their places.
            high = [os.dup2(one, 100 + place, inheritable=False) for place, one in enumerate(descriptors)]
            for place, one in enumerate(high):
                os.dup2(one, FIRST + place)
            if names:
                os.environ.update(
                    LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names)
                )
            os.environ["NOTIFY_SOCKET"] = self._address
            os.execvp("setpriv", ["setpriv", "--pdeathsig", "KILL", "--", *self._command])  # noqa: S606 (no shell is wanted)

        self.child = subprocess.Popen(["true"], preexec_fn=pass_on, close_fds=False)

    def end(self, by: int) -> int:
        self.child.send_signal(by)
        return self.child.wait()


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    manager = Manager(sys.argv[1:])
    manager.start()
    while (came := signal.sigwait(WATCHED)) != signal.SIGTERM:
        if came == signal.SIGHUP:
            manager.start()
        else:
            manager.end(signal.SIGKILL if came == signal.SIGUSR2 else came)
    sys.exit(max(manager.end(came), 0))


if __name__ == "__main__":
    main()
