"""Write envs/run.pinned.yaml: envs/run.yaml with the versions of envs/run.lock, for conda (`make
lock` calls it).
"""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Name of a package for conda -> for pip.
SAME = {"matplotlib-base": "matplotlib"}
HEAD = "# envs/run.yaml with the versions of envs/run.lock (make lock), for Python 3.13.\n"


def pinned(environment: str, lock: str) -> str:
    """The text of run.yaml with a version for every package."""
    versions = {}
    for name, version, marker in re.findall(
        r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]*))?", lock, flags=re.M
    ):
        if "python_full_version <" not in marker:
            versions[name] = version
    lines = []
    for line in environment.splitlines():
        entry = re.match(r"( +- )([\w.-]+)(?: [<>=].*)?$", line)
        if entry and entry[2] == "python":
            line = f"{entry[1]}python =3.13"
        elif entry and (name := SAME.get(entry[2], entry[2])) in versions:
            of_pip, numbers = len(entry[1]) > 4, re.match(r"\d+(?:\.\d+){0,2}", versions[name])
            line = f"{entry[1]}{entry[2]}" + (
                f"=={versions[name]}" if of_pip else f" ={numbers[0]}"
            )  # conda has no .post1
        if not line.startswith("#"):
            lines.append(line)
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = pinned(*((HERE / name).read_text(encoding="utf-8") for name in ("run.yaml", "run.lock")))
    (HERE / "run.pinned.yaml").write_text(text, encoding="utf-8")
