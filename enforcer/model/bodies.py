"""What the body of a plain HTTP answer begins with: the bounds within which the kernel's reader and ours look."""

from __future__ import annotations

SHORTEST, LONGEST = 4, 16
"""Bytes of a beginning that a policy may name. Less is everybody's."""
MOST_BODIES = 64
"""Beginnings in a whole policy."""
HEAD = 1536
"""Bytes of a segment in which its head must end: more than a segment has that fits into an Ethernet frame."""
DIGITS = 8
"""Of a chunk's size (RFC 9112 section 7.1): 4 GiB."""
