"""Gaps between the blocks that malloc has handed out.

A process that allocates in them after a fork copies a page of shared memory for nearly every block. Filled before the
fork, they make it take fresh pages instead, many blocks to a page. For glibc; elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
import time

_LARGEST, _SMALLEST = 1 << 16, 24  # bytes
_WITHIN = 0.05  # seconds


class _Info(ctypes.Structure):
    """What `mallinfo2` of glibc 2.33 or later tells."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks")),
        *((name, ctypes.c_size_t) for name in ("uordblks", "fordblks", "keepcost")),
    )


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_KNOWN = _libc is not None and hasattr(_libc, "mallinfo2")
#: The blocks that fill the gaps. A list would grow, and make gaps of its own meanwhile.
_blocks = (ctypes.c_void_p * 8192)()

if _libc is not None and _KNOWN:
    _libc.mallinfo2.restype = _Info
    _libc.malloc.restype, _libc.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    _libc.free.restype, _libc.free.argtypes = None, (ctypes.c_void_p,)


def fill() -> None:
    """Take up the gaps, large ones first, and for no longer than a moment: where there are many, it takes its time."""
    if _libc is None or not _KNOWN:
        return
    end = time.monotonic() + _WITHIN
    most = 2 * _libc.mallinfo2().fordblks  # bytes; none where another malloc is at work
    size, at_the_top = _LARGEST, _libc.mallinfo2().keepcost
    for place in (place for place, block in enumerate(_blocks) if not block):
        if size < _SMALLEST or most <= 0 or time.monotonic() > end:
            return
        _blocks[place] = _libc.malloc(size)
        most -= size
        if (top := _libc.mallinfo2().keepcost) != at_the_top:  # no gap was large enough
            size, at_the_top = size * 3 // 4, top


def reopen() -> None:
    """Give back what `fill` has taken."""
    if _libc is None or not _KNOWN:
        return
    for place, block in enumerate(_blocks):
        _libc.free(block)
        _blocks[place] = None
