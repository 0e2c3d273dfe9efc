"""Which code a rule depends on: exactly the modules its script imports, however indirectly."""

from __future__ import annotations

import subprocess
import sys

import pytest

from citymrio.workflow.code import closure


@pytest.fixture
def package(tmp_path):
    files = {
        "a.py": "from lib.one import f",
        "b.py": "import lib.two",
        "c.py": "from lib import sub",
        "lib/__init__.py": "",
        "lib/one.py": "def f():\n    from .deep import g\n    return g",
        "lib/deep.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import two\n",
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
        "try:\n    import m0\nexcept OSError:\n    import m1\nelse:\n    import m2\nfinally:\n    import m3\n"
        "with open('x'):\n    import m4\nfor i in []:\n    import m5\nelse:\n    import m6\n"
        "match 1:\n    case 1:\n        import m7\nclass A:\n    async def f(self):\n        import m8\n"
    )
    assert names(closure(tmp_path / "a.py", tmp_path), tmp_path) == {"a.py", *(f"{name}.py" for name in modules)}


def test_packages_on_the_way_and_their_data_count(package):
    found = names(closure(package / "b.py", package), package)
    assert found == {"b.py", "lib/__init__.py", "lib/two.py", "lib/sub/__init__.py", "lib/sub/leaf.py", "lib/sub/data/t.csv"}


def test_a_module_left_out_is_not_followed(package):
    assert names(closure(package / "c.py", package, leave_out=("lib.sub",)), package) == {"c.py", "lib/__init__.py"}


def test_a_module_named_as_well_is_followed(package):
    assert "lib/one.py" in names(closure(package / "c.py", package, also=("lib.one",)), package)


def test_the_package_of_a_module_named_as_well_counts(package):
    found = names(closure(package / "a.py", package, also=("lib.sub.leaf",)), package)
    assert {"lib/sub/__init__.py", "lib/sub/leaf.py", "lib/sub/data/t.csv"} <= found


def test_a_named_module_that_is_not_there_is_an_error(package):
    with pytest.raises(ValueError, match="no module lib.none"):
        closure(package / "c.py", package, also=("lib.none",))


def test_the_closure_holds_every_module_that_an_import_of_the_library_loads(root):
    """Against Python itself: what `import` loads is what the closure lists, where nothing is left out."""
    scripts = root / "scripts"
    for module in ("citymrio.cities.chain", "citymrio.footprints.footprint", "citymrio.emissions.inventory"):
        listed = {str(path.resolve()) for path in closure(root / "tests/conftest.py", scripts, also=(module,), leave_out=())}
        program = (
            f"import sys; sys.path.insert(0, {str(scripts)!r}); import {module}; "
            "print(*[m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'citymrio'], sep='\\n')"
        )
        loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
        assert len(loaded) > 3
        assert set(loaded) <= listed
