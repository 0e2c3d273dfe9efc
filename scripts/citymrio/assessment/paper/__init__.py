"""The paper's printed numbers beside those of a run."""

#: Year of the paper's table.
PAPER_YEAR = 2012
#: Sizes of the paper's quintiles (63 printed; 123 and 185 cities lifted give Q4 + Q5 and Q3 + Q4 +
#: Q5), and its lower bounds of Q1 to Q4, USD per capita.
PAPER_SIZES, PAPER_USD = (63.0, 61.0, 62.0, 62.0, 61.0), (7000.0, 4500.0, 3000.0, 2000.0)


def stands_beside_the_paper(kind: str, year: int) -> bool:
    """Whether a run shows the comparison: China in the paper's year, or an invented country (to try
    the comparison itself).
    """
    return kind == "synthetic" or (kind == "china" and year == PAPER_YEAR)
