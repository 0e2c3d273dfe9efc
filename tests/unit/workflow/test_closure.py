"""Which code a rule depends on: exactly the modules its script imports, however indirectly."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from citymrio.base.software import DISTRIBUTIONS as SOFTWARE
from citymrio.workflow.code import ParsedImports, closure, packages
from citymrio.workflow.forks import ONE_THREAD
from citymrio.workflow.versions import with_those_behind

#: What numpy.f2py and pyarrow import where it is there, and nothing here computes with.
BESIDE = {"charset_normalizer", "cloudpickle", "setuptools"}


@pytest.fixture
def package(tmp_path):
    files = {
        "a.py": "from lib.one import f",
        "b.py": "import lib.two",
        "c.py": "from lib import sub",
        "lib/__init__.py": "",
        "lib/one.py": "def f():\n    from .deep import g\n    return g",
        "lib/deep.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import "
        "two\n",
        "lib/two.py": "from .sub.leaf import x",
        "lib/sub/__init__.py": "from . import leaf",
        "lib/sub/leaf.py": "x = 1",
        "lib/sub/data/t.csv": "a\n",
        "lib/sub/captions/t.rst": "not computed with",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(files, root):
    return {str(path.relative_to(root)) for path in files}


def test_imports_inside_functions_count_and_those_for_type_checkers_do_not(package):
    found = names(closure(package / "a.py", package), package)
    assert found == {"a.py", "lib/__init__.py", "lib/one.py", "lib/deep.py"}


def test_imports_are_found_in_every_kind_of_block(tmp_path):
    modules = [f"m{n}" for n in range(9)]
    for name in modules:
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "a.py").write_text(
        "try:\n    import m0\nexcept OSError:\n    import m1\nelse:\n    import m2\nfinally:\n  "
        "  import m3\n"
        "with open('x'):\n    import m4\nfor i in []:\n    import m5\nelse:\n    import m6\n"
        "match 1:\n    case 1:\n        import m7\nclass A:\n    async def f(self):\n        "
        "import m8\n"
    )
    assert names(closure(tmp_path / "a.py", tmp_path), tmp_path) == {
        "a.py",
        *(f"{name}.py" for name in modules),
    }


def test_packages_on_the_way_and_their_data_count(package):
    found = names(closure(package / "b.py", package), package)
    assert found == {
        "b.py",
        "lib/__init__.py",
        "lib/two.py",
        "lib/sub/__init__.py",
        "lib/sub/leaf.py",
        "lib/sub/data/t.csv",
    }


def test_of_a_package_and_a_module_of_one_name_the_package_counts_as_in_python(package):
    (package / "lib/two").mkdir()
    (package / "lib/two/__init__.py").write_text("shadows = 'lib/two.py'")
    found = names(closure(package / "b.py", package), package)
    assert found == {"b.py", "lib/__init__.py", "lib/two/__init__.py"}
    program = "import lib.two; print(lib.two.shadows)"
    assert (
        subprocess.run(
            [sys.executable, "-c", program], cwd=package, capture_output=True, text=True
        ).stdout
        == "lib/two.py\n"
    )


def test_a_module_named_as_well_is_followed(package):
    assert "lib/one.py" in names(closure(package / "c.py", package, also=("lib.one",)), package)


def test_the_package_of_a_module_named_as_well_counts(package):
    found = names(closure(package / "a.py", package, also=("lib.sub.leaf",)), package)
    assert {"lib/sub/__init__.py", "lib/sub/leaf.py", "lib/sub/data/t.csv"} <= found


def test_a_named_module_that_is_not_there_is_an_error(package):
    with pytest.raises(ValueError, match="no module lib.none"):
        closure(package / "c.py", package, also=("lib.none",))


@pytest.mark.slow
def test_what_an_earlier_parse_has_read_gives_the_same_closures(root, adapters, tmp_path):
    scripts, store = root / "scripts", tmp_path / "imports.json"
    plain = {path: closure(path, scripts) for path in adapters.values()}
    for _ in range(2):  # read for the first time; found in the file
        known = ParsedImports(store)
        assert {path: closure(path, scripts, known=known) for path in plain} == plain
        assert all(
            packages(files, scripts, known) == packages(files, scripts) for files in plain.values()
        )
        assert known.new != store.exists()
        known.save()


def test_what_judges_on_known_tables_needs_no_package_beyond_those_of_the_library_behind_it(root):
    """Stamps of versions are those of the library (`proof` in truth.smk)."""
    here, scripts = root / "tests/calibration/truth", root / "scripts"
    jobs = sorted(here.glob("*.py"))
    assert len(jobs) == 5
    for job in jobs:
        beside = closure(job, here)
        library = {file for one in beside for file in closure(one, scripts)[1:]}
        assert {*packages(beside, here)} - {"citymrio"} <= {*packages(library, scripts)}, job.name


def test_content_decides_whether_a_file_is_read_anew(package, tmp_path):
    path, store = package / "b.py", tmp_path / "kept/imports.json"
    known = ParsedImports(store)
    assert known.of(path) == [[None, None, ["lib.two"]]]
    known.save()
    stat = path.stat()
    path.write_text("import lib.one")  # as long as before, and of the same time
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert ParsedImports(store).of(path) == [[None, None, ["lib.one"]]]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"by": 1}'])
def test_a_damaged_file_of_imports_is_made_again(package, tmp_path, damage):
    path, store = package / "b.py", tmp_path / "imports.json"
    ParsedImports(store).of(path)
    store.write_text(damage)
    known = ParsedImports(store)
    assert known.of(path) == [[None, None, ["lib.two"]]]
    known.save()
    again = ParsedImports(store)
    assert again.of(path) == [[None, None, ["lib.two"]]] and not again.new


@pytest.mark.parametrize(
    ("part", "instead"), [("lib.two", "lib.one"), ('["lib.two"]', "2"), ("[[", "["), ("}", "")]
)
def test_a_file_of_imports_that_was_changed_is_not_believed(package, tmp_path, part, instead):
    path, known = package / "b.py", ParsedImports(tmp_path / "imports.json")
    known.of(path)
    known.save()
    assert part in known.store.read_text()
    known.store.write_text(known.store.read_text().replace(part, instead))
    assert ParsedImports(known.store).of(path) == [[None, None, ["lib.two"]]]


def test_other_code_that_reads_imports_trusts_no_earlier_parse(package, tmp_path):
    known = ParsedImports(tmp_path / "imports.json")
    known.of(package / "b.py")
    known.by = "other code"
    known.save()
    assert ParsedImports(known.store).known == {}


#: Writes the modules that some scripts import at their heads, each script in a fork of its own: a
#: line of names, then the files of the library. What every script imports is there before the fork.
LOADED = """
import ast, os, sys, pandas, xarray
for script in sys.argv[1:]:
    if not os.fork():
        body = ast.parse(open(script).read()).body
        heads = [line for line in body if isinstance(line, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(heads, []), script, "exec"))
        print(*sorted(sys.modules))
        own = {m.__file__ for name, m in sys.modules.items() if name.split(".")[0] == "citymrio"}
        print(*own, sep=os.pathsep, flush=True)
        os._exit(0)
    sys.exit(status) if (status := os.waitstatus_to_exitcode(os.wait()[1])) else None
"""


@pytest.mark.slow
def test_the_closure_holds_every_module_that_an_import_of_the_library_loads(root, adapters):
    """Against Python itself: what an adapter's imports load is what its closure lists, and stamps
    know the packages.
    """
    scripts, brought_by = root / "scripts", packages_distributions()
    paths = [adapters[name] for name in ("cities", "footprint", "figure", "dataset", "table_pages")]
    said = subprocess.run(
        [sys.executable, "-P", "-c", LOADED, *map(str, paths)],
        env=os.environ | {"PYTHONPATH": str(scripts), **ONE_THREAD},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for script, loaded, listed in zip(paths, said[::2], said[1::2], strict=True):
        own = listed.split(os.pathsep)
        files = closure(script, scripts)
        assert len(own) > 3
        assert set(own) <= set(map(str, files)), script
        tops = (
            {name.partition(".")[0] for name in loaded.split()}
            - sys.stdlib_module_names
            - {"citymrio"}
        )
        dists = {one.replace("-", "_").lower() for top in tops for one in brought_by.get(top, [])}
        dists -= BESIDE
        known = {
            SOFTWARE.get(name, name).replace("-", "_").lower()
            for name in with_those_behind(packages(files, scripts))
        }
        assert dists <= known, (script, sorted(dists - known))
