"""A given multi-regional table: read in whatever form it comes, and closed."""

from pathlib import Path

from ....base.errors import DataError, raise_faults
from ...contract.corrections import Corrections
from ...raw_table import GivenTable, Lists
from ...workbook import WORKBOOKS
from ..ceads import read_workbook
from .matlab import read_matlab
from .pymrio_folder import PARAMETERS, read_pymrio

#: What corrections.csv may call the table, beside the name of its file or folder.
TABLE = "table"


def read_given(
    path: str | Path,
    lists: Lists,
    unit: str,
    tolerance: float,
    corrections: Corrections | None = None,
) -> GivenTable:
    """Read a table and close it.

    Parameters
    ----------
    path
        A pymrio folder, a MATLAB file, or a workbook in CEADs' layout.
    unit
        Unit of money of the dataset.
    tolerance
        A gap of a row or column that is booked whatever the table is printed to, as a share of its
        output (`provinces.err_tol`).
    corrections
        The lines of corrections.csv.

    Raises
    ------
    DataError
        The form is unknown, labels or shapes are not those of the lists, or the table cannot be
        closed (`RawTable.closed`).
    """
    path, lines = Path(path), corrections or Corrections(Path("corrections.csv"))
    if path.is_dir() and (path / PARAMETERS).is_file():
        table = read_pymrio(path, lists, unit)
    elif path.suffix.lower() == ".mat":
        table = read_matlab(path, lists)
    elif path.suffix.lower() in WORKBOOKS:
        table = read_workbook(path, lists, corrections=lines.of(path.name))
    else:
        raise DataError(
            f"is neither a pymrio folder (no {PARAMETERS}) nor a .mat file nor a workbook",
            where=str(path),
            fix="name a folder that pymrio's save_all wrote, a MATLAB file with the struct MRIO, "
            "or a workbook in CEADs' layout.",
        )
    closed = table.closed(lists, tolerance, lines.of(path.name, TABLE))
    raise_faults(lines.unused(f"{path.name} or {TABLE}"))
    lines.say()
    return closed
