"""Which modules of the library a script depends on, found by reading its imports, without importing
anything.

Snakemake does not see that a module which a script imports has changed. The workflow lists the
files found here as inputs of every rule, so that an edited helper reruns exactly the rules that use
it. By hand: it runs at every parse, within a twentieth of a second (`Known`), and must leave out
packages and add data files and modules that are named at run time.
"""

import ast
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from ..base.files import write_small

#: File in which a parse keeps what modules import (`Known`), from the working folder.
KNOWN = ".snakemake/citymrio/imports.json"


@cache
def _file_of(module: str, root: Path) -> Path | None:
    """The file of a module or package below `root`, or None when it is not there."""
    base = root.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))  # in Python's order
    return next((path for path in candidates if path.is_file()), None)


def _statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All import statements that can run, also those inside functions; `if TYPE_CHECKING:` never
    runs.
    """
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            stack.extend(node.orelse)
        else:  # expressions hold no imports: leaving them out makes this ten times as fast
            for block in ("body", "orelse", "finalbody", "handlers", "cases"):
                stack.extend(getattr(node, block, ()))


def _statements_of(text: str, path: Path) -> list[list]:
    """Of every import statement of a text: dots, module and names of ``from .module import name``;
    None without ``from``.
    """
    return [
        [
            *((node.level, node.module) if isinstance(node, ast.ImportFrom) else (None, None)),
            [alias.name for alias in node.names],
        ]
        for node in _statements(ast.parse(text, filename=str(path)))
    ]


class ParsedImports:
    """Import statements of files that an earlier parse has read: they are read anew where the
    content differs; dates say nothing.

    Parameters
    ----------
    store
        A file that keeps them. What cannot be read or written there is found anew.
    """

    def __init__(self, store: str | Path):
        self.store = Path(store)
        self.by = sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
        self.known: dict[str, list] = {}
        self.new = False
        with contextlib.suppress(OSError, ValueError):
            digest, _, content = self.store.read_text(encoding="utf-8").partition("\n")
            if digest == self._digest(content):
                self.known = json.loads(content)

    def _digest(self, content: str) -> str:
        """Of what is kept, and of who found it: what another version of this module wrote, or
        damage, is not believed.
        """
        return sha256((self.by + content).encode()).hexdigest()

    def of(self, path: Path) -> list[list]:
        """What `_statements_of` says of a file."""
        content = path.read_bytes()
        digest, found = sha256(content).hexdigest(), self.known.get(str(path))
        if found is None or found[0] != digest:
            found = self.known[str(path)] = [digest, _statements_of(content.decode(), path)]
            self.new = True
        return found[1]

    def save(self) -> None:
        """Keep what is new for the next parse."""
        if self.new:
            content = json.dumps(self.known)
            with contextlib.suppress(OSError):
                write_small(self.store, f"{self._digest(content)}\n{content}")
                self.new = False


@cache
def _named(path: Path, module: str, known: ParsedImports | None) -> frozenset[str]:
    """Every dotted name that the import statements of a file name, relative ones resolved."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    names: set[str] = set()
    for level, of, imported in (
        known.of(path) if known else _statements_of(path.read_text(encoding="utf-8"), path)
    ):
        if level is None:
            names.update(imported)
            continue
        base = (
            ".".join(package[: len(package) - level + 1] + ([of] if of else []))
            if level
            else of or ""
        )
        names.add(base)
        names.update(f"{base}.{name}" for name in imported)
    return frozenset(names)


def _with_packages(names: Iterable[str]) -> set[str]:
    """Dotted names and those of the packages on the way to them."""
    return {".".join(name.split(".")[:i]) for name in names for i in range(1, name.count(".") + 2)}


@cache
def imports(
    path: Path, module: str, root: Path, known: ParsedImports | None = None
) -> tuple[str, ...]:
    """Names of the modules below `root` that the file of `module` imports, packages on the way
    included.
    """
    return tuple(
        sorted(
            name
            for name in _with_packages(_named(path, module, known))
            if name and _file_of(name, root)
        )
    )


@cache
def _module_of(path: Path, root: Path) -> str:
    """The name under which a file below `root` is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def packages(files: Iterable[Path], root: Path, known: ParsedImports | None = None) -> list[str]:
    """Packages from elsewhere that these files below `root` import: neither Python's own nor below
    `root`, sorted.
    """
    tops = {
        name.partition(".")[0]
        for path in files
        if path.suffix == ".py"
        for name in _named(path, _module_of(path, root), known)
    }
    return sorted(
        top
        for top in tops
        if top and top not in sys.stdlib_module_names and not _file_of(top, root)
    )


def data_files(package: Path) -> list[Path]:
    """Files in the folder `data` of a package (an `__init__.py`), sorted; other folders hold
    nothing that code computes with.
    """
    return sorted(
        path
        for path in package.parent.joinpath("data").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


def closure(
    script: Path,
    root: Path,
    *,
    also: tuple[str, ...] = (),
    known: ParsedImports | None = None,
) -> list[Path]:
    """The script and, transitively, every file below `root` that it imports, in sorted order, with
    its packages' data.

    Parameters
    ----------
    script
        A Python file.
    root
        The folder that holds the packages (scripts/).
    also
        Modules that the script imports by a name that is only known when it runs, with the packages
        that hold them.
    known
        Import statements that an earlier parse has read.
    """
    seen: set[str] = set()
    todo = [*imports(script, "__main__", root, known), *_with_packages(also)]
    files: set[Path] = set()
    while todo:
        module = todo.pop()
        if module in seen:
            continue
        seen.add(module)
        path = _file_of(module, root)
        if path is None:
            raise ValueError(f"{script}: there is no module {module} in {root}")
        files.add(path)
        if path.name == "__init__.py":
            files.update(data_files(path))
        todo.extend(imports(path, module, root, known))
    return [script, *sorted(files)]
