"""Notebooks of docs/notebooks with their outputs: runs the cells of each, in order, and writes what
they say beside them (`make notebooks`; a test compares it with what they say then).

The cells run here, without a kernel of Jupyter: what is printed, the value of the last line as text
and as a table, and figures as PNG are kept.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/notebooks"
#: Frames are as wide and long in any terminal.
SHAPE = ("display.width", 120, "display.max_columns", 20, "display.max_rows", 60)
#: Of figures: small enough for a page, and without the version of matplotlib.
PICTURE = {"format": "png", "dpi": 60, "bbox_inches": "tight", "metadata": {"Software": None}}


def lines(text: str) -> list[str]:
    """Text as notebooks keep it."""
    return text.splitlines(keepends=True)


def outputs(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run a cell in the namespace of the cells before it; what Jupyter would show of it."""
    tree, made = ast.parse(source), []
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, f"cell {count}", "exec"), names)
        value = (
            eval(compile(ast.Expression(last.value), f"cell {count}", "eval"), names)
            if last
            else None
        )
    if printed.getvalue():
        made.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None and not plt.get_fignums():
        shown = {"text/plain": lines(repr(value))}
        if hasattr(value, "_repr_html_"):
            shown["text/html"] = lines(value._repr_html_())
        made.append(
            {
                "output_type": "execute_result",
                "execution_count": count,
                "data": shown,
                "metadata": {},
            }
        )
    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, **PICTURE)
        shown = {"image/png": base64.b64encode(picture.getvalue()).decode("ascii")}
        made.append({"output_type": "display_data", "data": shown, "metadata": {}})
    plt.close("all")
    return made


def run(path: Path) -> dict[str, Any]:
    """A notebook with the outputs that it has now, in the working folder."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with pd.option_context(*SHAPE):
        for count, cell in enumerate(code, 1):
            cell["outputs"] = outputs("".join(cell["source"]), names, count)
            cell["execution_count"] = count
    return notebook


def said(notebook: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Of every cell of code what does not depend on the machine: texts; of pictures, that they are
    there.
    """
    found = []
    for cell in notebook["cells"]:
        texts = []
        for output in cell.get("outputs", []):
            shown = output.get("data", {"text": output.get("text")})
            texts += [
                (kind, "" if kind.startswith("image/") else "".join(text))
                for kind, text in sorted(shown.items())
            ]
        found.append(texts)
    return found


def main() -> None:
    """Run every notebook on results/tiny and write its outputs into it."""
    plt.switch_backend("agg")
    os.chdir(ROOT)
    if not Path("results/tiny/summary.txt").is_file():
        raise SystemExit("docs/notebooks: there is no results/tiny. Fix: make tiny")
    for path in sorted(FOLDER.glob("*.ipynb")):
        text = json.dumps(run(path), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text) / 1e3:.0f} kB")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "scripts"))
    main()
