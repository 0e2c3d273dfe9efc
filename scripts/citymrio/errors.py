"""Errors a user can cause, each one clear message: where, the value, what was expected, how to fix it."""

from __future__ import annotations


class CityMRIOError(Exception):
    """Base of every error that is the input's or the configuration's fault, not the program's.

    Parameters
    ----------
    message
        What is wrong, with the value and what was expected.
    where
        The place: file and row, or province / sector / city.
    fix
        What the user can do about it.
    """

    def __init__(self, message: str, *, where: str = "", fix: str = ""):
        self.message, self.where, self.fix = message, where, fix
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text} Fix: {fix}" if fix else text)


class ConfigError(CityMRIOError):
    """The configuration has an unknown key, a value out of range, or keys that contradict each other."""


class DataError(CityMRIOError):
    """An input table does not keep its contract (docs/contracts.md)."""


class BalanceError(CityMRIOError):
    """Accounts that must add up do not: margins disagree, or a cap lies below its total."""


class InfeasibleError(BalanceError):
    """An entropy problem has no solution; the message names the constraints in conflict and the amount."""


class CertificateError(CityMRIOError):
    """A solution was returned that misses the tolerance of its certificate."""


class DataErrors(DataError):
    """Several faults of the input data, all of them in `faults`; the message is the first, then the others.

    Parameters
    ----------
    faults
        At least one, in the order in which they should be fixed.
    """

    #: Faults that a message lists; the rest are counted.
    SHOWN = 20

    def __init__(self, faults: list[CityMRIOError]):
        self.faults = faults
        first, others = faults[0], faults[1:]
        super().__init__(first.message, where=first.where, fix=first.fix)
        lines = [str(first), *(f"also: {fault}" for fault in others[: self.SHOWN])]
        if len(others) > self.SHOWN:
            lines.append(f"and {len(others) - self.SHOWN} faults more (make check-data lists all)")
        self.args = ("\n".join(lines),)
