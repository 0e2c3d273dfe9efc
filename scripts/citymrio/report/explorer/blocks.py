"""Data inside a page: blocks of text that its own script reads (`data/js/data.js` is the other side
of this file).
"""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ...nested.flows import Flows

#: Relative error of a number in a block of the form `log`, at most.
LOG_ERROR = 5e-4
#: Ratio of the largest to the smallest number that such a block holds.
LOG_RANGE = 1e12


class Block(NamedTuple):
    """One block: how to read it (``json``, ``float64``, ``log``, ``largest``), what else to know,
    and its bytes, compressed.
    """

    form: str
    about: Mapping[str, Any]
    data: bytes

    def element(self, name: str) -> str:
        """The block as an element of HTML. Base64 has no character that HTML could read
        otherwise.
        """
        about = json.dumps({"form": self.form, **self.about}, separators=(",", ":")).replace(
            '"', "&quot;"
        )
        text = base64.b64encode(self.data).decode("ascii")
        return (
            f'<script type="text/plain" class="block" id="block-{name}" '
            f'data-about="{about}">{text}</script>'
        )


def _packed(raw: bytes) -> bytes:
    return gzip.compress(raw, compresslevel=9, mtime=0)


def json_block(value: Any) -> Block:
    """Anything that JSON holds; a number that is not finite is null."""
    return Block(
        "json",
        {},
        _packed(
            json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        ),
    )


def log_block(values: np.ndarray) -> Block:
    """An array with a relative error of at most `LOG_ERROR`, as 16-bit integers: sign, and the
    logarithm of the size.

    A 0 stays 0. A number below the largest by more than `LOG_RANGE` is held as the smallest that
    the block holds, never as 0.
    """
    codes, about = _logarithms(np.asarray(values, dtype=float))
    return Block("log", {"shape": list(np.shape(values)), **about}, _packed(codes.tobytes()))


def largest_block(flows: Flows, count: int) -> Block:
    """Of flows, the `count` largest into and out of each region, and the sum of all others, as in
    `log`.
    """
    regions = flows.count
    count = min(count, regions)
    partners, values, others = [], [], []
    for sides in (((k, into.T) for k, into in flows.into()), flows.out_of()):
        order, found = np.empty((regions, count), "<u2"), np.empty((regions, count))
        left = np.empty(regions)
        for index, side in sides:
            largest = np.argsort(-side, axis=1, kind="stable")[:, :count]
            order[index], found[index] = largest, np.take_along_axis(side, largest, axis=1)
            rest = np.array(side, dtype=float)
            np.put_along_axis(rest, largest, 0.0, axis=1)
            left[index] = rest.sum(axis=1)
        partners.append(order)
        values.append(found.ravel())
        others.append(left)
    codes, about = _logarithms(np.concatenate([*values, *others]))
    raw = b"".join(part.tobytes() for part in (*partners, codes))
    return Block("largest", {"shape": [regions, count], **about}, _packed(raw))


def _logarithms(array: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    top = float(np.abs(array).max(initial=0.0))
    step = np.log(LOG_RANGE) / (2**15 - 2)
    with np.errstate(divide="ignore"):
        code = 2**15 - 1 + np.rint(np.log(np.abs(array) / (top or 1.0)) / step)
    code = np.where(array == 0, 0, np.clip(code, 1, 2**15 - 1)) * np.sign(array)
    return code.astype("<i2"), {"top": top, "step": step}


def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table by its columns, as JSON holds it: codes and other texts as text, blanks as null."""
    return {
        str(name): [
            None if pd.isna(value) or value in (np.inf, -np.inf) else value
            for value in values.tolist()
        ]
        for name, values in table.items()
    }
