"""Takes from this process what it will not need of the kernel, for good: whatever takes the process over has no more.

What is left is to talk over sockets that are open, to take connections at one that listens, and memory. No file is
opened or changed, no socket made or connected, no program run, no process touched. What is tried all the same fails
with EPERM. By libseccomp, which apt and systemd bring.
"""

from __future__ import annotations

import ctypes
import errno

LIBRARY = "libseccomp.so.2"
LEFT = (
    *("accept4", "getpeername", "getsockname", "getsockopt", "listen", "setsockopt", "shutdown"),
    *("recvfrom", "recvmsg", "sendmsg", "sendto", "read", "pread64", "write", "lseek", "close", "fstat", "newfstatat"),
    *(
        "epoll_ctl",
        "epoll_pwait",
        "epoll_pwait2",
        "epoll_wait",
        "poll",
        "ppoll",
        "pselect6",
        "select",
        "fcntl",
        "ioctl",
    ),
    *("brk", "madvise", "mmap", "mprotect", "mremap", "munmap"),
    *("clock_getres", "clock_gettime", "clock_nanosleep", "futex", "getpid", "getrandom", "gettid", "gettimeofday"),
    *("restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "sigaltstack"),
    *("exit", "exit_group"),
)
"""What an asyncio server goes on to need; not every architecture has all of them."""
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO


def confine() -> bool:
    """Whether it is so now: not without that library, nor if the kernel takes no filter."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_REFUSE)))
    for name in LEFT:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            library.seccomp_rule_add_array(rules, ctypes.c_uint32(_ALLOW), number, 0, None)
    return bool(library.seccomp_load(rules) == 0)
