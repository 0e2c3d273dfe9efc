"""Provinces over threads.

Provinces are independent, so the engine spreads *them* over threads, holds BLAS to one (`citymrio.blas`), and adds up in a fixed
order: the same bytes whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def ordered_map(function: Callable[[int], Any], items: Iterable[int], threads: int) -> Iterator[Any]:
    """``map`` over `threads` threads, results in order, never more than one finished result waiting per thread."""
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending = [pool.submit(function, item) for item in items[:threads]]
        for k in range(len(items)):
            result = pending.pop(0).result()
            if k + threads < len(items):
                pending.append(pool.submit(function, items[k + threads]))
            yield result
