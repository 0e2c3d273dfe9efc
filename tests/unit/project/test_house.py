"""The rules of the house that no other program checks (docs/architecture.md): the number of
packages, the size of functions.
"""

from __future__ import annotations

import ast

import pytest

MOST_ARGUMENTS, MOST_STATEMENTS = 9, 50
PACKAGES = 15


def beyond(text: str, place: str) -> list[str]:
    """Functions of a module with more arguments (`self` and `cls` apart) or statements than the house
    allows.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [
                a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            ]
            arguments = len([name for name in names if name not in ("self", "cls")])
            inside = sum(isinstance(part, ast.stmt) for part in ast.walk(node)) - 1
            if arguments > MOST_ARGUMENTS or inside > MOST_STATEMENTS:
                found.append(
                    f"{place}:{node.lineno} {node.name}: {arguments} arguments, {inside} statements"
                )
    return found


def test_functions_are_short_and_take_few_arguments(root):
    files = sorted((root / "scripts").rglob("*.py"))
    assert len(files) > 100
    assert [
        line
        for path in files
        for line in beyond(path.read_text(encoding="utf-8"), str(path.relative_to(root)))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b, c, d, e, g, h, i, j, k): ...",
        "def f(self, a, *, b, c, d, e, g, h, i, j, k): ...",
        "def f():\n" + "    x = 1\n" * 51,
    ],
)
def test_the_measure_finds_what_is_beyond(text):
    assert len(beyond(text, "m.py")) == 1


def test_the_library_has_few_packages_and_one_module_beside_them_the_public_names(root):
    names = {
        p.stem for p in (root / "scripts/citymrio").iterdir() if p.is_dir() or p.suffix == ".py"
    } - {"__pycache__", "api"}
    packages = {name for name in names if not name.startswith("__")}
    assert len(packages) <= PACKAGES, sorted(packages)
