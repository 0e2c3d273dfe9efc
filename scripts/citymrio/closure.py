"""Which modules of the library a script depends on, found by reading its imports, without importing anything.

Snakemake does not see that a module which a script imports has changed. The workflow lists the files found here as inputs
of every rule, so that an edited helper reruns exactly the rules that use it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


def _file_of(module: str, root: Path) -> Path | None:
    """The file of a module or package below `root`, or None when it is not there."""
    base = root.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _statements(tree: ast.AST):
    """All import statements that can run, also those inside functions; `if TYPE_CHECKING:` never runs."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif _is_type_checking(node):
            stack.extend(node.orelse)
        else:
            stack.extend(ast.iter_child_nodes(node))


@cache
def imports(path: Path, module: str, root: Path) -> tuple[str, ...]:
    """Names of the modules below `root` that the file of `module` imports, packages on the way included."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    names: set[str] = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
            continue
        if node.level:
            base = ".".join(package[: len(package) - node.level + 1] + ([node.module] if node.module else []))
        else:
            base = node.module or ""
        names.add(base)
        names.update(f"{base}.{alias.name}" for alias in node.names)
    parents = {".".join(name.split(".")[:i]) for name in names for i in range(1, name.count(".") + 2)}
    return tuple(sorted(name for name in parents if name and _file_of(name, root)))


def closure(script: Path, root: Path, leave_out: tuple[str, ...] = ()) -> list[Path]:
    """The script and, transitively, every file below `root` that it imports, in sorted order.

    Parameters
    ----------
    script
        A Python file.
    root
        The folder that holds the packages (scripts/).
    leave_out
        Modules that are neither listed nor followed.
    """
    seen: set[str] = set()
    todo = list(imports(script, "__main__", root))
    while todo:
        module = todo.pop()
        if module in seen or module in leave_out:
            continue
        seen.add(module)
        todo.extend(imports(_file_of(module, root), module, root))
    return [script, *sorted(_file_of(module, root) for module in seen)]
