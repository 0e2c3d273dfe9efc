"""The paper's printed numbers beside those of a run."""

#: Year of the paper's table.
PAPER_YEAR = 2012


def stands_beside_the_paper(kind: str, year: int) -> bool:
    """Whether a run shows the comparison: China in the paper's year, or an invented country (to try
    the comparison itself).
    """
    return kind == "synthetic" or (kind == "china" and year == PAPER_YEAR)
