"""Changes bytes the way accidents and attackers do: flips, cuts, doubles, splices, and numbers on the edge."""

from collections.abc import Sequence
from random import Random

EDGES = (0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)


def mutate(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """`data` with one to eight changes; `others` lend pieces."""
    new = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        random.choice(CHANGES)(random, new, random.choice(others))
    return bytes(new)


def place(random: Random, data: bytearray) -> int:
    return random.randrange(len(data)) if data else 0


def flip(random: Random, data: bytearray, _other: bytes) -> None:
    if data:
        data[place(random, data)] ^= 1 << random.randrange(8)


def edge(random: Random, data: bytearray, _other: bytes) -> None:
    if data:
        data[place(random, data)] = random.choice(EDGES)


def any_byte(random: Random, data: bytearray, _other: bytes) -> None:
    if data:
        data[place(random, data)] = random.randrange(256)


def edge_number(random: Random, data: bytearray, _other: bytes) -> None:
    at = place(random, data)
    data[at : at + 2] = random.choice(
        (0, 1, len(data) & 0xFFFF, 0xFFFF, 0x4000, 0xC00C, random.randrange(1 << 16))
    ).to_bytes(2)


def cut(random: Random, data: bytearray, _other: bytes) -> None:
    del data[place(random, data) :]


def remove(random: Random, data: bytearray, _other: bytes) -> None:
    at = place(random, data)
    del data[at : at + random.choice((1, 2, 4, 16))]


def double(random: Random, data: bytearray, _other: bytes) -> None:
    at = place(random, data)
    data[at:at] = data[at : at + random.choice((1, 2, 4, 16, 64))]


def splice(random: Random, data: bytearray, other: bytes) -> None:
    at, there = place(random, data), random.randrange(len(other) + 1)
    data[at : at + random.choice((0, 8, 1 << 16))] = other[there : there + random.choice((2, 8, 64, 1 << 16))]


def insert(random: Random, data: bytearray, _other: bytes) -> None:
    at = place(random, data)
    data[at:at] = random.randbytes(random.choice((1, 2, 8)))


CHANGES = (flip, flip, edge, any_byte, edge_number, cut, remove, double, splice, insert)
