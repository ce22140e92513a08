"""The checksum on every value of the engine's file."""

import zlib

from harness import fastest, row, rust


def ours() -> float:
    return rust("checksum") * 1e6


def peer() -> float:
    value = bytes(i * 2_654_435_761 % 2**32 >> 24 for i in range(65_000))
    return fastest(lambda: [zlib.crc32(value) for _ in range(1_000)]) * 1e3


row("CRC-32 of a value of 65,000 bytes", "us", ours, peer=("zlib", peer), times=1)
