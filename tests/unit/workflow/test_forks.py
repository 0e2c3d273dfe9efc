"""Scripts as forks of one interpreter: they do what ``python script`` does, and what goes wrong is
not lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from citymrio.workflow import forks
from citymrio.workflow.forks import environment

PYTHON = sys.executable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux only"),
]


@pytest.fixture
def interpreter(root, monkeypatch):
    """An interpreter that ends with the test."""
    for name, value in {"PYTHONPATH": str(root / "scripts"), **environment()}.items():
        monkeypatch.setenv(name, value)
    # as rules/start.smk does for Snakemake, which passes it to a shell
    monkeypatch.setattr(sys, "executable", shlex.quote(PYTHON))
    one = forks.Interpreter()
    yield one
    if one._current is not None:
        process, control = one._current
        control.close()
        assert process.wait(timeout=20) == 0


@pytest.fixture
def script(tmp_path):
    """Writes a script as Snakemake does, and returns its path."""

    def write(text, name="a.py", random="tmp1"):
        path = tmp_path / f"{random}.{name}"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def run(interpreter, path, **variables):
    return interpreter.run(path, variables, lambda process: contextlib.nullcontext()).status


def test_the_exit_status_is_that_of_python_and_one_interpreter_outlives_all_of_them(
    interpreter, script, capfd
):
    for text, status in (
        ("pass", 0),
        ("raise SystemExit", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('no data')", 1),
        ("import os; os._exit(7)", 7),
        ("1 / 0", 1),
        ("this is no Python", 1),
        ("import no_such_module", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
    ):
        path = script(text)
        assert run(interpreter, path) == status, text
        first = interpreter._current[0]
        own = subprocess.run([PYTHON, path], stderr=subprocess.PIPE, text=True)
        assert own.returncode == status, text
        last = own.stderr.strip().splitlines()[-1:]
        assert capfd.readouterr().err.strip().splitlines()[-1:] == last, text
        assert interpreter._current[0] is first and first.poll() is None, text


def test_a_script_sees_its_variables_its_own_name_and_a_fresh_main(interpreter, script, tmp_path):
    text = (
        "import os, sys\nassert 'left' not in globals()\nleft = "
        "1\nprint(os.environ['TMPDIR'], __name__, __file__, "
    )
    path = script(text + f"file=open({str(tmp_path / 'said')!r}, 'w'))")
    assert run(interpreter, path, TMPDIR="here") == 0
    assert run(interpreter, path, TMPDIR="there") == 0
    assert (tmp_path / "said").read_text().split() == ["there", "__main__", path]


def test_modules_are_imported_before_the_fork_those_of_late_imports_from_the_second_job_on(
    interpreter, script, tmp_path
):
    said = str(tmp_path / "said")
    head = (
        "import sys\nloaded = [name in sys.modules for name in ('wave', "
        f"'colorsys')]\nprint(loaded, file=open({said!r}, 'a'))\n"
    )
    for random in ("tmp1", "tmp2"):
        assert (
            run(
                interpreter,
                script(
                    head + "import wave\ndef late():\n    import colorsys\nlate()", random=random
                ),
            )
            == 0
        )
    assert (tmp_path / "said").read_text().splitlines() == ["[True, False]", "[True, True]"]


def test_forks_run_side_by_side_under_names_of_their_own(interpreter, script, tmp_path):
    """The first waits for what the second does; both are children of the interpreter."""
    import concurrent.futures

    flag, seen = tmp_path / "flag", []
    first = script(
        f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)", "first.py"
    )
    second = script(f"open({str(flag)!r}, 'w').close()", "second.py", "tmp2")

    @contextlib.contextmanager
    def watch(process):
        seen.append(psutil.Process(process))
        yield

    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(interpreter.run, first, {}, watch)
        while not seen or seen[0].name() != "job first.py":
            assert not waiting.done()
        assert seen[0].ppid() == interpreter._current[0].pid
        assert run(interpreter, second) == 0
        assert waiting.result(timeout=20).status == 0


def test_seconds_and_memory_are_those_of_the_fork(interpreter, script):
    text = "import time\nwhile time.process_time() < 0.3: pass\nx = bytearray(60_000_000)"
    end = interpreter.run(script(text), {}, lambda process: contextlib.nullcontext())
    assert 0.3 <= end.cpu_seconds < 1
    assert 60 < end.megabytes < 200


def test_a_fork_that_ended_before_it_is_measured_has_its_seconds(interpreter, script):
    """Where Snakemake's process is stopped (Ctrl-Z) as the fork begins."""
    from snakemake.benchmark import BenchmarkRecord

    record = BenchmarkRecord()

    def watch(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(process).wait(timeout=20)
        while psutil.pid_exists(process):  # until the interpreter has taken its status
            pass
        return forks.measured(process, record)

    assert interpreter.run(script("pass"), {}, watch).status == 0
    assert record.running_time >= 0


def test_a_script_whose_imports_start_threads_is_not_forked(
    interpreter, script, tmp_path, monkeypatch
):
    (tmp_path / "threads_of_its_own.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), "
        "daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(tmp_path)]))
    with pytest.raises(forks.Gone):
        run(interpreter, script("import threads_of_its_own"))


def test_an_interpreter_that_was_killed_is_started_anew(interpreter, script):
    assert run(interpreter, script("pass")) == 0
    first = interpreter._current[0]
    first.kill()
    first.wait()
    with pytest.raises(forks.Gone):
        run(interpreter, script("pass"))
    assert run(interpreter, script("pass")) == 0
    assert interpreter._current[0] is not first


def test_an_import_that_ends_the_interpreter_is_left_to_python(
    interpreter, script, tmp_path, monkeypatch
):
    (tmp_path / "deadly.py").write_text("import os\nos._exit(5)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(tmp_path)]))
    for text in ("import deadly", "pass"):  # the second finds that it has ended
        with pytest.raises(forks.Gone):
            run(interpreter, script(text))
    assert run(interpreter, script("pass")) == 0, "the next script has another one"


def test_the_imports_of_every_script_start_no_thread(interpreter, script, adapters):
    """Otherwise it would start an interpreter of its own, in every run and without a word."""
    heads = []
    for path in adapters.values():
        lines = path.read_text(encoding="utf-8").splitlines()
        heads += [line for line in lines if line.startswith(("from ", "import "))]
    heads += [
        "import matplotlib.pyplot, geopandas, sklearn.cluster, pyogrio, pyarrow.parquet, netCDF4"
    ]
    text = "\n".join(line for line in dict.fromkeys(heads) if not line.endswith("("))
    assert run(interpreter, script(text)) == 0


@pytest.fixture
def library(root, tmp_path, monkeypatch):
    """A module that only a copy of the library has: called with its text, returns the statement
    that imports it. Other tests read the library itself meanwhile.
    """
    copy = shutil.copytree(root / "scripts/citymrio", tmp_path / "library/citymrio")
    path = copy / "only_a_test.py"
    monkeypatch.setenv("PYTHONPATH", str(copy.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text):
        stat = path.stat() if path.exists() else None
        path.write_text(text, encoding="utf-8")
        if stat:  # size and dates as before: only the content tells
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        return "from citymrio.only_a_test import value"

    return write


def test_a_module_edited_while_the_run_goes_on_leaves_the_next_jobs_to_snakemake(
    interpreter, script, library, tmp_path
):
    head, said = library("value = 1\n"), tmp_path / "said"
    text = (
        head + "\nfrom citymrio.workflow import loaded\nprint(value, *loaded.LOADED.values(), "
        f"file=open({str(said)!r}, 'a'))"
    )
    assert run(interpreter, script(text)) == 0
    first = interpreter._current[0]
    assert run(interpreter, script(text, random="tmp2")) == 0
    assert interpreter._current[0] is first, "nothing was changed: the same interpreter"
    library("value = 2\n")
    for _ in range(2):
        with pytest.raises(forks.Gone):
            run(interpreter, script(text, random="tmp3"))
    lines = [line.split() for line in said.read_text().splitlines()]
    assert [line[0] for line in lines] == ["1", "1"]
    for line in lines:
        assert hashlib.sha256(b"value = 1\n").hexdigest() in line[1:]


def test_a_stop_from_outside_ends_the_interpreter_after_its_forks_and_the_next_job_has_another(
    interpreter, script, tmp_path
):
    import concurrent.futures

    flag, begun = tmp_path / "flag", tmp_path / "begun"
    text = (
        f"import os, time\nopen({str(begun)!r}, 'w').close()\nwhile not "
        f"os.path.exists({str(flag)!r}): time.sleep(0.01)"
    )
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(run, interpreter, script(text))
        while not begun.exists():
            assert not waiting.done()
        first = interpreter._current[0]
        first.terminate()
        for random in ("tmp2", "tmp3"):  # what it no longer reads, and who finds that it has ended
            with contextlib.suppress(forks.Gone):
                assert run(interpreter, script("pass", random=random)) == 0
        found = run(interpreter, script("pass", random="tmp4"))
        flag.touch()
        assert waiting.result(timeout=20) == found == 0
        assert first.wait(timeout=20) == 0


def test_a_job_whose_interpreter_is_killed_ends_with_the_signal_that_killed_it(interpreter, script):
    text = "import os, signal, time\nos.kill(os.getppid(), signal.SIGSEGV)\ntime.sleep(0.2)"
    assert run(interpreter, script(text)) == -signal.SIGSEGV
    with pytest.raises(forks.Gone):
        run(interpreter, script("pass"))
    assert run(interpreter, script("pass", random="tmp2")) == 0


def test_an_exception_in_the_interpreter_is_that_of_one_job_only(
    interpreter, script, monkeypatch, tmp_path
):
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nfork = os.fork\ndef once():\n    os.fork = fork\n    raise OSError('no more "
        "processes')\nos.fork = once\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]))
    with pytest.raises(forks.Gone):
        run(interpreter, script("pass"))
    first = interpreter._current[0]
    assert run(interpreter, script("pass", random="tmp2")) == 0
    assert interpreter._current[0] is first


class Script:
    """Snakemake's class of Python scripts, as far as forks meet it."""

    local_path = None

    def __init__(
        self,
        container_img,
        conda_env,
        env_modules,
        shadow_dir,
        threads,
        bench_record,
        resources,
        is_local,
    ):
        pass

    def execute_script(self, fname, edit=False):
        pass


class OtherArguments(Script):
    def execute_script(self, name):
        pass


class OtherSettings(Script):
    def __init__(self, container, threads):
        pass


def test_what_forks_meet_in_snakemake_is_looked_at_before_they_take_its_place():
    from snakemake.script import PythonScript

    assert [forks._meets(one) for one in (PythonScript, Script, OtherArguments, OtherSettings)] == [
        True,
        True,
        False,
        False,
    ]
