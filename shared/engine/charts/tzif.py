"""Reading and writing TZif, the compiled form of a time zone (RFC 8536)."""

from __future__ import annotations

import struct
from typing import NamedTuple

_HEADER = struct.Struct(">4sc15x6l")


class History(NamedTuple):
    """Offsets of a zone in seconds east of UTC: `first`, then from each moment (seconds since 1970) on."""

    first: int
    changes: list[tuple[int, int]]
    rule: bytes  # how it goes on after the last change, as TZ environment variables say it


def read(content: bytes) -> History:
    """The history in a TZif file of version 2 or later. Raises ValueError for anything else."""
    try:
        magic, version, *counts = _HEADER.unpack_from(content)
        if magic != b"TZif" or version < b"2":
            raise ValueError("not a TZif file of version 2 or later")
        at = _HEADER.size + _size(counts, 4)
        _, _, *counts = _HEADER.unpack_from(content, at)
        _, _, _, times, types, _ = counts
        start = at + _HEADER.size
        moments = struct.unpack_from(f">{times}q", content, start)
        kinds = content[start + 8 * times : start + 9 * times]
        offsets = [
            struct.unpack_from(">l", content, start + 9 * times + 6 * kind)[0] for kind in range(types)
        ]
        rule = content[start + _size(counts, 8) :].strip(b"\n")
        return History(
            offsets[0], [(moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True)], rule
        )
    except (struct.error, IndexError):
        raise ValueError("a TZif file that ends too early") from None


def write(history: History) -> bytes:
    """A TZif file of that history; names of offsets and what is summer time are left out."""
    offsets = sorted({history.first, *(offset for _, offset in history.changes)})
    offsets.remove(history.first)
    offsets.insert(0, history.first)  # the first kind counts before the first change
    moments = [moment for moment, _ in history.changes]
    body = struct.pack(f">{len(moments)}q", *moments)
    body += bytes(offsets.index(offset) for _, offset in history.changes)
    body += b"".join(struct.pack(">lBB", offset, 0, 0) for offset in offsets) + b"-\0"
    empty = _HEADER.pack(b"TZif", b"2", 0, 0, 0, 0, 1, 1) + struct.pack(">lBB", 0, 0, 0) + b"\0"
    header = _HEADER.pack(b"TZif", b"2", 0, 0, 0, len(moments), len(offsets), 2)
    return empty + header + body + b"\n" + history.rule + b"\n"


def until(history: History, moment: int) -> list[tuple[int, int]]:
    """The changes before a moment."""
    return [change for change in history.changes if change[0] < moment]


def offset_at(history: History, moment: int) -> int:
    """The offset in force at a moment up to the last change."""
    return ([history.first] + [offset for at, offset in history.changes if at <= moment])[-1]


def _size(counts: list[int], width: int) -> int:
    """Bytes of a block whose moments are `width` bytes wide."""
    universal, standard, leaps, times, types, letters = counts
    return times * (width + 1) + types * 6 + letters + leaps * (width + 4) + standard + universal
