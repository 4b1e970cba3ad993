"""Questions that wait in a queue which nobody reads; in a namespace of the test's own (namespace_fixtures.py)."""

import socket
from collections.abc import Callable

from enforcer.edge import queue_rows
from enforcer.edge.kernel import Kernel, install
from enforcer.edge.queue import Queue
from enforcer.model.marks import Marks
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset

WAITING = 5


def waiting_before_and_after(look: Callable[[], object]) -> list[int | None]:
    """How many of WAITING questions the kernel holds before `look` and after it."""
    rules = ruleset([], Settings(), shift=0.0, native_queue=False, generation="g")
    install(Kernel(native_queue=False, nft_version=(1, 0, 6)), rules, Settings())
    queue = Queue(Settings().queue, marks=Marks(), fail_open=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(WAITING):
            client.sendto(bytes(12), ("127.0.0.1", 53))
    before = queue_rows.waiting(queue.number)
    look()
    return [before, queue_rows.waiting(queue.number)]
