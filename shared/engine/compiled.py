"""Compiling inner loops to machine code, and running them on every core.

Numba compiles plain Python with the arithmetic of IEEE 754 and nothing reordered (no fast-math), so a
compiled function gives the same bits as its own `py_func`. Machine code is kept (`machine_code`) beside
the source, or below NUMBA_CACHE_DIR. Work is spread by threads over fixed ranges that do not depend on the
number of cores: numba's own parallel loops bring down a process in which two threads use them at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

from shared import engine_cache

Function = TypeVar("Function", bound=Callable[..., object])
Part = TypeVar("Part")


vars(numba.config)["CACHE_DIR"] = str(engine_cache.folder())


def compiled(function: Function) -> Function:
    """The function, compiled at its first call with given types; runs without the interpreter's lock."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def across_cores(work: Callable[[int, int], Part], length: int | range, size: int) -> list[Part]:
    """`work(start, stop)` for consecutive ranges of `size` that cover `length`, from 0 or in a range of its
    own; results in their order.

    An error in one range is raised here once the others have ended.
    """
    whole = range(length) if isinstance(length, int) else length
    starts = range(whole.start, whole.stop, size)
    if len(starts) < 2 or cores() < 2:
        return [work(start, min(start + size, whole.stop)) for start in starts]
    with ThreadPoolExecutor(min(cores(), len(starts))) as threads:
        return list(threads.map(lambda start: work(start, min(start + size, whole.stop)), starts))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
