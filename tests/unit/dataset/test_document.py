"""docs/contracts.md says of the dataset what its schemas say."""

from __future__ import annotations

import pytest
from documents import ALIKE, CONTRACT_BEGIN, CONTRACT_END, described, own, rewritten
from markdown_it import MarkdownIt

from citymrio.dataset.contract.folder import KEYS, OPTIONAL_KEYS
from citymrio.dataset.contract.io_tables import VARIABLES
from citymrio.dataset.contract.tables import BY_NAME, BY_PROVINCE, OF_GIVEN, OPTIONAL
from citymrio.dataset.dataset import TABLES
from citymrio.dataset.printed_trade import PAIRS
from citymrio.dataset.sources.template import notes

SCHEMAS = {**BY_NAME, "inventory by province": BY_PROVINCE["inventory"]}
COLUMNS = [(table, column) for table, schema in SCHEMAS.items() for column in schema.columns]


def tables_of(text):
    """Header and rows of every table, as a Markdown parser sees them."""
    tables, row = [], None
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            row = []
            tables[-1].append(row)
        elif token.type == "inline" and row is not None:
            row.append(token.content)
        elif token.type == "tr_close":
            row = None
    return tables


def test_the_document_is_rewritten_between_its_marks():
    assert (
        rewritten(f"before\n{CONTRACT_BEGIN}\nold\n{CONTRACT_END}\nafter\n")
        == f"before\n{CONTRACT_BEGIN}\n\n{described()}\n\n{CONTRACT_END}\nafter\n"
    )
    with pytest.raises(ValueError, match="once each"):
        rewritten("a document without marks")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_has_a_meaning_and_a_unit(table, column):
    about = SCHEMAS[table].columns[column]
    assert about.description
    assert about.metadata["unit"]
    assert (about.metadata["unit"] == "-") == (
        about.metadata["kind"] != "float" or column == "case"
    )
    assert about.metadata.get("refers", "regions") in BY_NAME


def test_every_table_variable_and_key_has_a_meaning():
    assert all(schema.description for schema in SCHEMAS.values())
    assert all(variable.meaning for variable in VARIABLES.values())
    assert all(KEYS.values())
    assert {name for pair in PAIRS for name in pair} <= set(VARIABLES)
    assert all(len(line) <= 120 for table in ["dataset", *BY_NAME] for line in notes(table))


def test_the_dataset_in_memory_has_the_tables_of_the_contract():
    brought = set(OPTIONAL) - {
        "fuels"
    }  # a table that a user may leave out, and that every dataset has all the same
    assert set(TABLES) == set(BY_NAME) - set(BY_PROVINCE) - brought


def test_every_table_renders_with_a_row_for_each_column():
    tables = tables_of(described())
    assert all(len(row) == len(table[0]) for table in tables for row in table)
    names = [[row[0].strip("`*") for row in table[1:]] for table in tables]
    assert [*KEYS, *OPTIONAL_KEYS] in names and list(VARIABLES) in names
    shown = {
        name: own(name, schema) for name, schema in {**BY_NAME, **BY_PROVINCE, **OF_GIVEN}.items()
    }
    assert [name for name, columns in shown.items() if not columns] == ["inventory_national"]
    assert all(columns in names for columns in shown.values() if columns)
    assert len(tables) == described().count("\n|---|") == len(shown) - 1 + 5


def test_what_a_table_shares_with_another_is_said_once():
    """Columns that are left out are those of the table that the text names."""
    for name, base in ALIKE.items():
        schema = {**BY_NAME, **BY_PROVINCE}[name]
        left = set(schema.columns) - {*own(name, schema)}
        assert left and left <= set(BY_PROVINCE[base].columns)
        assert f"as in `{base}/<p>.csv`." in described()


def test_every_table_of_the_whole_document_renders(root):
    text = (root / "docs/contracts.md").read_text(encoding="utf-8")
    tables = tables_of(text)
    assert len(tables) == sum(
        line.replace(" ", "").startswith("|---") for line in text.splitlines()
    )
    assert all(len(row) == len(table[0]) and row[0] for table in tables for row in table)
