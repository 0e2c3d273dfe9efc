"""Install the packages of run.lock and the library itself into the environment of this Python, and
say how far it is.

``make`` calls it as ``.venv/bin/python envs/install.py``; it needs nothing but pip. With the name
of another lock it installs the packages of that one only.
"""

import compileall
import re
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "run.lock"
PIP = [
    sys.executable,
    "-P",
    "-m",
    "pip",
    "--disable-pip-version-check",
    "--no-input",
    "install",
    "--no-deps",
]
#: Wheels only, so that no code of a package runs while it is installed; one package has no wheel.
#: `compiled` makes the bytecode.
PACKAGES = [
    "--no-compile",
    "--require-hashes",
    "--only-binary",
    ":all:",
    "--no-binary",
    "connection-pool",
    "-r",
]
#: The library stays where it is. It is built with the setuptools of the lock, so that this needs no
#: network.
LIBRARY = ["--no-build-isolation", "--editable", str(HERE.parent)]
#: What nothing imports: the packages' own tests, whose bytecode would be 75 MB.
NEVER = re.compile(r"[/\\]tests?[/\\]")
#: Seconds between two looks, and packages between two lines.
PAUSE, STEP = 1.0, 10


def wanted(lock: str) -> int:
    """Number of packages that a lock lists."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", lock, flags=re.M))


def installed() -> int:
    """Number of packages in the environment."""
    return sum(1 for _ in Path(sysconfig.get_paths()["purelib"]).glob("*.dist-info"))


def pip(arguments: list[str], total: int) -> None:
    """Run pip and print how far it is, one line for every few packages; its own words are shown
    only where it fails.
    """
    before, said, lines = installed(), "", []
    process = subprocess.Popen(
        [*PIP, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    while reader.is_alive():
        reader.join(PAUSE)
        fetched = sum(line.startswith("Collecting ") for line in list(lines))
        done = installed() - before
        count, what = (done, "installed") if done > 0 else (fetched, "at hand")
        now = f"  {count // STEP * STEP} of {total} packages {what}"
        if count >= STEP and now != said:
            print(now, flush=True)
            said = now
    if process.wait():
        sys.stderr.writelines(lines[-20:])
        sys.exit(
            "pip failed; its last lines above say why. Fix: see to network and space, then run "
            "the same command again."
        )


def compiled(folder: str) -> None:
    """Compile what is below a folder, on all cores; the templates of some packages are no Python,
    and that is left unsaid.
    """
    compileall.compile_dir(folder, quiet=2, rx=NEVER, workers=0)


if __name__ == "__main__":
    lock = Path(sys.argv[1]) if sys.argv[1:] else LOCK
    pip([*PACKAGES, str(lock)], wanted(lock.read_text(encoding="utf-8")))
    compiled(sysconfig.get_paths()["purelib"])
    if lock == LOCK:
        pip(LIBRARY, 1)
        print(f"  {installed()} packages installed, and citymrio itself", flush=True)
