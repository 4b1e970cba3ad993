"""Run in the gateway of a test: puts our rules in force and judges packets by words in them.

    gateway_program.py '{"settings": {}, "lanes": [["key", [[starts, ends]]]], "shift": 0, "listen": true}'

Prints one JSON line for each packet it saw. SIGTERM takes the rules out again, unless `keep` is given.
"""

import json
import select
import signal
import sys
import time
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from enforcer.decode.dns_answer import EDE_BLOCKED, NXDOMAIN, blocked_answer
from enforcer.decode.ip import TCP, UDP, decode_ip
from enforcer.decode.packets import rewrite_udp, udp_reply
from enforcer.decode.tcp import decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.edge import kernel
from enforcer.edge.queue import Queue, QueuedPacket
from enforcer.edge.raw import RawInjector
from enforcer.model.calendar import Interval, Lane
from enforcer.model.command import Fate
from enforcer.model.marks import FIRST_LANE, NAMELESS, NAMELESS_HEARD, OWN, PASS, READ_ON, READING, REJECT, Marks
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import learned_table
from enforcer.plan.ruleset import ruleset

WORDS = {
    b"PASS": PASS,
    b"REJECT": REJECT,
    b"LANE0": FIRST_LANE,
    b"LANE1": FIRST_LANE + 1,
    b"READ0": READ_ON,
    b"READ1": READ_ON - 1,
    b"NAMELESS": NAMELESS,
    b"UNNAMED": NAMELESS_HEARD,
}


def main() -> None:
    orders = json.loads(sys.argv[1])
    settings = Settings(**orders.get("settings", {}))
    marks = Marks(settings.mark_mask)
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    found = kernel.probe()
    if orders.get("openings"):
        found = kernel.with_openings(found, time.monotonic)
    if orders.get("native"):
        found = replace(found, native_queue=True, classifier=False)
    listening = orders.get("listen", True)
    queue = Queue(settings.queue, marks=marks, fail_open=settings.fail == "open") if listening else None
    raw = RawInjector(marks.bits(OWN))
    bodies = [body.encode() for body in orders.get("bodies", ())]
    ruled = text(orders, settings, found.native_queue)
    kernel.install(found, ruled, settings, orders.get("names"), bodies=bodies)
    say({"ready": True, "classifier": found.classifier})
    while running:
        if queue is None:
            time.sleep(0.05)
        elif select.select([queue], [], [], 0.1)[0]:
            for packet in queue.receive():
                judge(packet, queue, raw)
            queue.flush()
    if not orders.get("keep"):
        kernel.uninstall()
    say({"losses": str(queue and queue.losses()), "sent": raw.sent, "failed": raw.failed})


def text(orders: dict[str, Any], settings: Settings, native: bool) -> str:
    lanes = [
        Lane(key=key, blocked=tuple(Interval(*interval) for interval in blocked))
        for key, blocked in orders.get("lanes", [])
    ]
    keys = dict(enumerate(lane.key for lane in lanes))
    return learned_table(keys, settings) + ruleset(
        lanes,
        settings,
        shift=orders.get("shift", 0.0),
        native_queue=native,
        generation=orders.get("generation", "test"),
        flowtable=orders.get("flowtable", ()),
        bodies="bodies" in orders,
        noted=bool(orders.get("openings")),
    )


def judge(packet: QueuedPacket, queue: Queue, raw: RawInjector) -> None:
    ip = decode_ip(packet.payload)
    addresses = [str(ip_address(address)) for address in (ip.source, ip.destination)]
    seen: dict[str, Any] = {
        "addresses": addresses,
        "hook": packet.hook,
        "mark": packet.mark,
        "in": packet.interface,
        "protocol": ip.protocol,
    }
    if ip.protocol == UDP:
        udp = decode_udp(packet.payload, ip.header_length, ip.total_length)
        seen |= {"ports": [udp.source_port, udp.destination_port]}
        say(seen)
        body = packet.payload[udp.start : udp.end]
        if b"blocked" in body and udp.destination_port == 53:
            answer = blocked_answer(body, rcode=NXDOMAIN, ede_code=EDE_BLOCKED, ede_text="test")
            raw.send(udp_reply(packet.payload, answer))
            queue.verdict(packet, Fate.DROP)
        elif b"rewrite" in body and udp.source_port == 53:
            answer = blocked_answer(body, rcode=NXDOMAIN, ede_code=EDE_BLOCKED, ede_text="test")
            queue.verdict(packet, Fate.ACCEPT, payload=rewrite_udp(packet.payload, answer))
        else:
            queue.verdict(packet, Fate.ACCEPT, next((value for word, value in WORDS.items() if word in body), None))
    elif ip.protocol == TCP:
        tcp = decode_tcp(packet.payload, ip.header_length, ip.total_length)
        data = packet.payload[tcp.start : tcp.end]
        say(seen | {"ports": [tcp.source_port, tcp.destination_port], "flags": tcp.flags, "size": len(data)})
        # Without a word of the test's it reads on, as an inspector does.
        mark = next((value for word, value in WORDS.items() if word in data), READING if data else None)
        queue.verdict(packet, Fate.ACCEPT, mark)


def say(seen: dict[str, Any]) -> None:
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main()
