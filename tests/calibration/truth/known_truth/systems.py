"""Systems of known truth, as a list names them: what is judged, and what the calibrated method is
fitted on (docs/accuracy.md).

The list is a CSV with one row a system. Its columns are the fields of :class:`System`; only system
and truth must be there. Rows that begin with # are comments. Nothing heavy is imported at once:
every parse of the workflow imports this module.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path

from citymrio.base.errors import DataError, raise_faults

#: Codes of systems name folders.
CODE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
#: Columns of a list that name files.
FILES = ("regions", "sectors", "fit", "distances")
#: Who sells to whom in the truth: how that is known.
TRUTHS = {
    "observed": "trade is observed, or as its publisher has it",
    "survey": "trade of a survey; cells that it suppresses are filled by the publisher",
    "modelled": "trade is the work of a model: a test of arithmetic, not of trade",
}
PAGE = "docs/accuracy.md"
FIX = "correct the list; paths are those from here, or from the folders TRUTH_DIR and TRADE_DIR."


@dataclass(frozen=True)
class System:
    """One system of known truth. Every path is a file, but `truth` may be the folder of a run;
    blank: not given.

    Attributes
    ----------
    system, title
        Its code, which names its folder of results, and its name in tables and figures.
    truth, regions, sectors
        The known table, and the tables of its regions and sectors (of a .npz; a run brings its
        own).
    provinces
        Provinces of a run with a true table whose cities are judged, joined by ";".
    groups, seed
        Number of provinces of equal size into which the cities are put at random, and the seed of
        it (1); blank: the provinces that they have.
    fit
        What the calibrated method is fitted on: a table of priors (.csv), or the code of another
        system of the list, whose own fit is taken. Blank: the outside regions of the truth itself.
    products, without, distances
        Of observed trade, whose truth is a table of flows (.csv, .csv.gz; :mod:`.observed_trade`):
        products that count, zones or parents that are left out, both joined by ";", and a table of
        distances.
    trade
        How it is known who sells to whom: a key of `TRUTHS`. Modelled trade is no measure of the
        spread of trade.
    """

    system: str
    truth: str
    title: str = ""
    regions: str = ""
    sectors: str = ""
    provinces: str = ""
    groups: str = ""
    seed: str = ""
    fit: str = ""
    products: str = ""
    without: str = ""
    distances: str = ""
    trade: str = "observed"

    @property
    def is_absent(self) -> bool:
        """Whether it is observed trade whose files are not here: it is left out, since nobody has
        them but who fetched them.
        """
        files = filter(None, (self.truth, self.regions, self.distances))
        return self.is_trade and not all(Path(file).is_file() for file in files)

    @property
    def is_trade(self) -> bool:
        """Whether the truth is observed trade alone."""
        return self.truth.endswith((".csv", ".csv.gz"))

    @property
    def is_run(self) -> bool:
        """Whether the truth is the folder of a run."""
        return Path(self.truth).is_dir()

    def faults(self, others: Collection[str] = ()) -> Iterator[str]:
        """What is wrong with the files that it names; `others` are codes of systems with a fit of
        their own.
        """
        if self.is_absent:
            return
        if not Path(self.truth).exists():
            yield f"truth is '{self.truth}': there is no such file, and no such folder of a run"
        for name in FILES:
            value = getattr(self, name)
            if value and not Path(value).is_file() and not (name == "fit" and value in others):
                more = (
                    ", and no system of the list that is fitted on itself or on a file"
                    if name == "fit" and others
                    else ""
                )
                yield f"{name} is '{value}': there is no such file{more}"
        if Path(self.truth).is_file() and not self.regions:
            yield (
                f"regions is blank: {'observed trade' if self.is_trade else 'a .npz'} needs "
                "the table of its regions"
            )
        for name in ("groups", "seed"):
            value = getattr(self, name)
            if value and (not value.isdecimal() or int(value) < 1):
                yield f"{name} is '{value}'; expected a whole number from 1 on"
        if self.trade not in TRUTHS:
            yield f"trade is '{self.trade}'; expected {', '.join(TRUTHS)}"
        for name in () if self.is_trade else ("products", "without", "distances"):
            if getattr(self, name):
                yield f"{name} is given, but the truth is no table of flows (.csv.gz)"
        for name in ("regions", "sectors") if self.is_run else ("provinces",):
            if getattr(self, name):
                yield (
                    f"{name} is given, but the truth is "
                    f"{'a run, which brings its own' if self.is_run else 'no run'}"
                )


def read_systems(path: str | Path, *beside: str | Path) -> list[System]:
    """Read a list of systems.

    Parameters
    ----------
    path
        The list.
    beside
        Folders in which a path that leads nowhere from here is looked for.

    Raises
    ------
    DataError
        Every fault of the list: columns, codes, rows that occur twice, files that are not there.
    """
    import pandera.pandas as pa  # slow to import: only for a list

    from citymrio.dataset.cells import read_csv
    from citymrio.dataset.contract.tables import read_table_cells, text_column

    needed = {field.name: field.default is MISSING for field in fields(System)}
    columns = {
        name: text_column("", blank=not must, required=must) for name, must in needed.items()
    }
    cells = read_csv(path)
    schema = pa.DataFrameSchema(columns, unique=["system"], title=PAGE)
    table, faults = read_table_cells([(cells, {})], schema)
    found: list[System] = []
    for values in table.frame.to_dict("records") if {"system", "truth"} <= {*cells.header} else ():
        system = System(**values)
        for folder in (one for one in beside if one):
            system = _located(system, Path(folder))
        found.append(
            replace(system, title=system.title or system.system, trade=system.trade or "observed")
        )
    codes = {system.system for system in found}
    for row, system in enumerate(found):
        fitted = {other.system for other in found if other.fit not in codes} - {system.system}
        texts = [*system.faults(fitted)]
        if not CODE.fullmatch(system.system):
            texts.append(f"system is '{system.system}'; expected letters, digits, - and _")
        faults += [table.fault(row, text, FIX) for text in texts]
    if not (found or faults):
        faults.append(DataError("names no system", where=str(path), fix=f"see {PAGE}."))
    raise_faults(faults)
    return found


def _located(system: System, beside: Path) -> System:
    """The system with paths that lead nowhere from here taken from the folder `beside`, where they
    are there.
    """
    paths = {name: getattr(system, name) for name in ("truth", *FILES)}
    moved = {
        name: str(beside / value)
        for name, value in paths.items()
        if value and not Path(value).exists() and (beside / value).exists()
    }
    return replace(system, **moved)
