"""Tables as files print them, and the one rule by which their sums may be off.

A printed number is rounded to its last digit, so that a sum of k of them may miss its printed total
by half a unit of that digit for each, and no more. What lies within is booked in an account and
said once; what lies beyond is refused, all places at once, each with the line of corrections.csv
that would mend it. A table that prints no digit of its own (whatever a spreadsheet computed) keeps
its sums to `money.printed_gaps`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..base.errors import CityMRIOError, DataError, raise_faults, warn
from ..base.money import PRINTED_RELATIVE, printed_gaps, rounding

#: Units of the last digit that tables are printed to, and how near to one a number is printed.
STEPS, NEAR = (1.0, 0.1, 0.01, 0.001), 1e-6
#: Share of its output from which a gap within `money.rounding` is said and booked as well: in a
#: small sector that would be a wrong number.
SAID = 1e-4
#: Places that a warning names.
NAMED = 3
#: Bad cells of one row that a message names; the rest are counted.
CELLS_SHOWN = 10


def printed_step(*blocks: np.ndarray) -> float:
    """Unit of the last printed digit of deliveries: 1 where they are whole, 0 where they are not
    rounded.

    Examples
    --------
    >>> printed_step(np.array([12.0, -3.0])), printed_step(np.array([0.25, 12.0]))
    (1.0, 0.01)
    >>> printed_step(np.array([12.0]), np.array([1 / 3]))
    0.0
    """
    steps = [next((s for s in STEPS if _rounded(block, s)), 0.0) for block in blocks if block.any()]
    return min(steps, default=0.0)


def _rounded(values: np.ndarray, step: float) -> bool:
    digits = np.asarray(values, dtype=float) / step
    return bool((np.abs(digits - np.rint(digits)) <= NEAR + 1e-15 * np.abs(digits)).all())


def cell_faults(
    name: str,
    axes: Sequence[tuple[str, Sequence[str]]],
    values: np.ndarray,
    bad: np.ndarray,
    expected: str,
    where: str,
    fix: str = "",
) -> Iterator[DataError]:
    """Every cell that is `bad`: one fault for each label of the first axis, with the first
    CELLS_SHOWN of its cells; `axes`: what each is called, and its labels; `fix` in place of
    corrections.csv.
    """
    for first in np.flatnonzero(bad.any(axis=tuple(range(1, bad.ndim)))).tolist():
        found, shown = np.argwhere(bad[first]), []
        for rest in found[:CELLS_SHOWN].tolist():
            cell = (first, *rest)
            place = (f"{axis} {labels[k]}" for (axis, labels), k in zip(axes, cell, strict=True))
            shown.append(f"{values[cell]:.10g} at {', '.join(place)}")
        more = f" and {len(found) - CELLS_SHOWN} more" if len(found) > CELLS_SHOWN else ""
        yield DataError(
            f"{name} is {'; '.join(shown)}{more}; expected {expected}",
            where=where,
            fix=fix
            or (
                "correct the cell, or add a line to corrections.csv."
                if len(found) == 1
                else "correct the cells, in corrections.csv."
            ),
        )


def allowed_gap(printed: np.ndarray, count: int, step: float, share: float = 0.0) -> np.ndarray:
    """By how much sums of `count` numbers, printed to `step`, may miss their printed totals.

    A gap of up to `share` of the total is allowed as well. The last axis is one table: a small
    region is not judged by a large one.
    """
    digits = np.maximum(np.apply_along_axis(printed_gaps, -1, printed), step / 2 * (count + 1))
    return np.maximum(digits, share * np.abs(printed))


def _said_from(printed: np.ndarray) -> np.ndarray:
    """The gap of each printed total of a table from which it is more than round-off: `SAID` of the
    total, but at least a millionth of the mean total, and at most `money.rounding`.
    """
    size = np.abs(printed)
    least = PRINTED_RELATIVE * size.mean()
    return np.minimum(rounding(printed), np.maximum(SAID * size, least))


@dataclass(frozen=True)
class Sums:
    """Sums of printed numbers of one kind, and the printed totals that they should give.

    Attributes
    ----------
    what
        What is added up: row, column, or the name of a printed total.
    total, printed
        What the numbers give, and what is printed; one shape.
    count
        Numbers in a sum.
    place
        Flat position -> what a message calls it: `the row of sector 01`.
    mend
        Flat position and gap -> what would mend it.
    account
        Where a gap is booked; "" where a message alone comes of it (a subtotal).
    share
        A gap of up to this share of the printed total is booked as well (`provinces.err_tol`).
    called
        What a message calls the printed total.
    """

    what: str
    total: np.ndarray
    printed: np.ndarray
    count: int
    place: Callable[[int], str]
    mend: Callable[[int, float], str]
    account: str = ""
    share: float = 0.0
    called: str = "its output"

    @property
    def gap(self) -> np.ndarray:
        """What the sums miss."""
        return self.printed - self.total

    def faults(self, step: float, where: str) -> list[DataError]:
        """A fault for every sum that misses by more."""
        gap, limit = self.gap, allowed_gap(self.printed, self.count, step, self.share)
        return [
            DataError(
                f"{self.place(k)} adds up to {self.total.flat[k]:.10g}, {self.called} is "
                f"{self.printed.flat[k]:.10g}; expected the same (gap {gap.flat[k]:.6g}, allowed "
                f"{limit.flat[k]:.3g})",
                where=where,
                fix=self.mend(k, float(gap.flat[k])),
            )
            for k in map(int, np.flatnonzero(np.abs(gap) > limit))
        ]


def both_sides(
    rows: tuple[np.ndarray, int],
    columns: tuple[np.ndarray, int],
    output: np.ndarray,
    place: Callable[[str, int], str],
    mend: Callable[[str, int, float], str],
    *,
    booked: tuple[str, str] = ("the account error", "the largest item of value added"),
    shares: tuple[float, float] = (0.0, 0.0),
) -> list[Sums]:
    """Rows and columns of a table against its outputs; of each what its numbers give, and how many
    they are. `place` and `mend` are told `row` or `column` first.
    """
    parts = zip(("row", "column"), (rows, columns), booked, shares, strict=True)
    return [
        Sums(
            side,
            total,
            output,
            count,
            partial(place, side),
            partial(mend, side),
            account=account,
            share=share,
        )
        for side, (total, count), account, share in parts
    ]


def reconcile(
    sums: Sequence[Sums], step: float, where: str, faults: Sequence[CityMRIOError] = ()
) -> bool:
    """Whether what the sums miss is to be booked: some of it is more than round-off. It is said.

    Parameters
    ----------
    step
        Unit of the last printed digit (`printed_step`).
    faults
        What else is wrong with the table, to be said at once.

    Raises
    ------
    DataError
        Every sum that misses by more than printing explains.
    """
    raise_faults([*faults, *(fault for one in sums for fault in one.faults(step, where))])
    booked = False
    for one in (one for one in sums if one.account):
        gap, size = one.gap, np.abs(one.gap)
        said = size > np.apply_along_axis(_said_from, -1, one.printed)
        if not said.any():
            continue
        booked = True
        order = [int(k) for k in np.argsort(-size * said, axis=None, kind="stable")[:NAMED]]
        largest = "; ".join(
            f"{one.place(k)}: {gap.flat[k]:.6g} of {one.printed.flat[k]:.6g}"
            for k in order
            if said.flat[k]
        )
        digit = f", printed to {step:g}" if step else ""
        warn(
            where=where,
            what=f"{one.what}s that do not add up",
            value=f"{int(said.sum())} of {gap.size}, {size.sum():.6g} in sum of amounts; the "
            f"largest: {largest}",
            expectation=f"{one.called} to half a unit of the last digit for each number{digit}",
            effect=f"The gap is booked in {one.account}; all other numbers stay as they are.",
        )
    return booked
