"""The catalogue of bad inputs: what is broken, where, and the one message it must give.

Every case damages one thing of the toy country (`folder`: CSV files; `workbook`: one .xlsx;
`contract`: netCDF and CSV as docs/contracts.md has them), of its configuration (`config`) or of the
raw files of a small China (`raw`), or meets the estimate with a sound folder (`chain`). `expect` is
a regular expression that the message must match; a case gives this message and no other unless
`more` says so.
"""

from __future__ import annotations

from catalogue_amounts import ACCOUNTS, FLAT, LEVELS, POLYGONS
from catalogue_forms import CELLS, CODES, FILES, HEADERS
from catalogue_hidden import HIDDEN, HIDDEN_CONTRACT
from catalogue_others import CHAIN, CONFIG, CONTRACT, RAW, WORKBOOK

__all__ = ["CHAIN", "CONFIG", "CONTRACT", "FLAT", "FOLDER", "RAW", "WORKBOOK"]

FOLDER = [*FILES, *HEADERS, *CELLS, *CODES, *ACCOUNTS, *LEVELS, *POLYGONS, *HIDDEN]
CONTRACT = [*CONTRACT, *HIDDEN_CONTRACT]
