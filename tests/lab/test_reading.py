"""What the clients print, as seen on Debian 12, and the line we make of it."""

from subprocess import CompletedProcess

import pytest

from enforcer.lab.reading import said

DIG_BLOCKED = """
;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 45912
;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
; EDE: 15 (Blocked): (by a ban)
;; QUESTION SECTION:
;s07.upd.kaspersky.com.\t\tIN\tA
"""
DIG_ALIAS = """
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1
;; ANSWER SECTION:
a.test.\t\t300\tIN\tCNAME\tb.test.
b.test.\t\t300\tIN\tA\t198.51.100.7
"""
DIG_SILENT = ";; communications error to 10.77.2.2#53: timed out\n;; no servers could be reached\n"
CURL_RESET = "curl: (35) Recv failure: Connection reset by peer\n"
OPENSSL_GOOD = "CONNECTED(00000003)\n---\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\n---\n"
OPENSSL_RESET = "CONNECTED(00000003)\n---\nNew, (NONE), Cipher is (NONE)\n---\n"

CASES = [
    (["dig", "x"], 0, DIG_BLOCKED, "", "NXDOMAIN, EDE 15 (Blocked): (by a ban)"),
    (["dig", "x"], 0, DIG_ALIAS, "", "NOERROR b.test. 198.51.100.7"),
    (["dig", "x"], 9, DIG_SILENT, "", ";; no servers could be reached"),
    (["curl", "x"], 0, "you reached x at 1.2.3.4\n", "", "you reached x at 1.2.3.4"),
    (["curl", "x"], 35, "", CURL_RESET, "curl: (35) Recv failure: Connection reset by peer"),
    (["curl", "x"], 0, "", "", ""),
    (["openssl", "s_client"], 0, OPENSSL_GOOD, "", "connected: TLSv1.3, TLS_AES_256_GCM_SHA384"),
    (["openssl", "s_client"], 1, OPENSSL_RESET, "write:errno=104\n", "connection reset by peer"),
    (["/usr/bin/openssl", "s_client"], 1, "", "connect:errno=111\n", "connect:errno=111"),
    (["python", "-m", "x"], 0, "a hello\nreset\n", "", "reset"),
    (["python", "-m", "x"], 1, "", "ModuleNotFoundError\n", "ModuleNotFoundError"),
]


@pytest.mark.parametrize(("command", "code", "stdout", "stderr", "line"), CASES)
def test_said(command: list[str], code: int, stdout: str, stderr: str, line: str) -> None:
    assert said(command, CompletedProcess(command, code, stdout, stderr)) == line
