"""A release: a folder of finished runs to publish as it is (`make release`), and a look at it
(`make release-check`).

It holds the site (documentation, start page, explorer and table pages of every run), the tables of
every run with their intervals (CSV and Parquet, as a Frictionless data package and an RO-Crate),
wheel and sdist, citation file, notes of the release, and checksums. It stands whole or not at all;
the same runs and the same commit give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from citymrio import __version__
from citymrio.assessment.ensemble.intervals import TABLES, with_intervals
from citymrio.base.errors import CityMRIOError, DataError
from citymrio.base.files import sha256_of
from citymrio.base.labels import (
    read_dataset,
    read_json,
    read_table,
    whole_folder,
    write_json,
    write_table,
)
from citymrio.config.loading import read_configs
from citymrio.report.columns import Column, codes, joined
from citymrio.report.pages import SHOWN
from citymrio.workflow.manifest import KINDS, Digests, find_faults, list_some
from citymrio.workflow.provenance import UNKNOWN, commit
from citymrio.workflow.verify import refuse_unfinished

#: Tables that repeat statistics of cities as their sources print them. The sources of a real run
#: seldom permit that, so these tables, their pages and figures stay out of its release.
REPEATED = ("emissions_trends", "observations_use")
#: What a run has when it is finished, besides records of every job (manifest/).
ENDS = ("provenance.json", "summary.txt", "report/start.html", "explorer/index.html")
#: Of which flows an ensemble keeps intervals.
KNOWN = "; blank where the origin is not among the likeliest suppliers (table suppliers)"
#: Columns of the table of flows, which a run keeps as a matrix.
FLOWS = {
    "origin": Column("flows", "origin", "", "Code of the region that emits", code=True),
    "destination": Column(
        "flows", "destination", "", "Code of the region that consumes", code=True
    ),
    "mt": Column("flows", "mt", "Mt CO2", "Emitted in the origin for the consumption of the other"),
    "ensemble_mt": Column(
        "flows", "ensemble_mt", "Mt CO2", f"The same by the ensemble's method{KNOWN}"
    ),
    "mt_low": Column("flows", "mt_low", "Mt CO2", f"Low end of its interval{KNOWN}"),
    "mt_high": Column("flows", "mt_high", "Mt CO2", f"High end of its interval{KNOWN}"),
}
#: What names a row of a table.
KEYS = {
    "regions": ["region"],
    "flows": ["origin", "destination"],
    "suppliers": ["region", "supplier"],
    "numbers": ["quantity"],
} | {name: [*cells.keys] for name, cells in TABLES.items()}
TYPES = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}
#: A link of a page, with its words.
LINK = re.compile(r'<a\b[^>]*?\bhref="(?P<to>[^"#?]+)[^"]*"[^>]*>(?P<words>.*?)</a>', flags=re.S)
#: Builds wheel and sdist of the working folder into another one.
BUILD = """import sys
from setuptools import build_meta
folder = sys.argv[1]  # setuptools takes sys.argv for its own words
build_meta.build_wheel(folder)
build_meta.build_sdist(folder)"""
#: Reads a sum in three lines, with nothing but pandas, and with nothing but R.
PYTHON = """import pandas as pd
regions = pd.read_csv("{table}", dtype={{"region": str}})
print(repr(float(regions["cba_mt"].sum())))"""
R = """regions <- read.csv("{table}", colClasses = c(region = "character"))
total <- sum(regions$cba_mt)
cat(format(total, digits = 15))"""


@dataclass(frozen=True)
class About:
    """What a release is of.

    Attributes
    ----------
    commit, epoch
        Of the project; the epoch dates everything in the release.
    licence
        Of the tables, "" where nobody has chosen one.
    faults
        Why it is only a preview: what would be refused otherwise.
    """

    commit: str
    epoch: int
    licence: str = ""
    faults: tuple[str, ...] = ()

    @property
    def date(self) -> str:
        """Of the commit, in UTC."""
        return datetime.fromtimestamp(self.epoch, UTC).date().isoformat()


def chosen(words: Sequence[str]) -> list[Path]:
    """Folders of the runs that are named by folder or configuration, or of all finished runs of
    China.
    """
    if not words:
        found = sorted(path.parent for path in Path("results").glob("china*/provenance.json"))
        if not found:
            fix = "make china2012, or name others: make release RUNS=results/synthetic."
            raise DataError("no run of China is finished.", where="results", fix=fix)
        return found
    configured = (".yaml", ".yml", ".json")
    return [
        Path("results") / read_configs([word]).run if word.endswith(configured) else Path(word)
        for word in words
    ]


def faults_of(run: Path) -> list[str]:
    """What keeps a run out of a release, each in a few words; what makes it one of other code comes
    last.

    Raises
    ------
    CityMRIOError
        A run is at work there; it is unfinished, its audit failed, or its files are not what its
        jobs wrote.
    """
    if (run / "tables/audit.csv").is_file():
        audit = read_table(run / "tables/audit.csv")
        if failed := audit.loc[~audit["passed"].astype(bool), "invariant"].tolist():
            fix = "see tables/audit.csv of the run, and run it again."
            raise DataError(f"its audit failed: {list_some(failed)}.", where=str(run), fix=fix)
    if missing := [name for name in (*ENDS, "audit_passed.json") if not (run / name).is_file()]:
        raise DataError(
            f"is unfinished: no {list_some(missing)}.", where=str(run), fix="finish it."
        )
    refuse_unfinished(run, ENDS)
    found = find_faults(run, Digests())
    said = {}
    for kind in KINDS:
        if faults := [fault for fault in found if fault.kind == kind]:
            places = list_some(fault.path for fault in faults)
            said[kind] = f"{run}: {places}: {faults[0].why}"
    other_code = said.pop("stale", None)
    if said:
        fix = "make verify CONFIG=... lists everything; the command of the run makes it again."
        raise DataError("; ".join(said.values()) + ".", where="release", fix=fix)
    return [other_code] if other_code else []


def tables_of(run: Path) -> dict[str, pd.DataFrame]:
    """The tables that are published, with their intervals where the run has an ensemble."""
    left_out = withheld(run)
    found = {
        path.stem: read_table(path, text=codes(path.stem))
        for path in sorted((run / "tables").glob("*.csv"))
        if path.stem not in left_out
    }
    footprints = read_dataset(run / "footprint/footprints.nc")
    if "flows" in footprints:  # of more than a thousand regions they are kept by block
        flows = footprints["flows"].transpose("origin", "destination") / 1e6
        found["flows"] = flows.to_series().rename("mt").reset_index()
    if (run / "uncertainty/regions.csv").is_file():
        drawn = {
            name: read_table(run / f"uncertainty/{name}.csv", text=codes(f"uncertainty/{name}"))
            for name in ("regions", "cells", "numbers", "suppliers")
        }
        for name, table in found.items():
            found[name] = with_intervals(
                name, table, drawn["regions"], drawn["cells"], drawn["numbers"]
            )
        found |= {name: drawn[name] for name in ("numbers", "suppliers")}
        if "flows" in found:
            names = {"supplier": "origin", "region": "destination", "mt": "ensemble_mt"}
            known = drawn["suppliers"].rename(columns=names)
            columns = ["origin", "destination", "ensemble_mt", "mt_low", "mt_high"]
            found["flows"] = found["flows"].merge(known[columns], how="left", validate="1:1")
        compared = run / "uncertainty/paper_comparison.csv"
        if compared.is_file():
            found["paper_comparison"] = read_table(compared)
    return found


def withheld(run: Path) -> tuple[str, ...]:
    """Tables that stay out of the release of a run."""
    return () if read_json(run / "dataset/dataset.json")["synthetic"] else REPEATED


def write_data(run: Path, folder: Path, about: About) -> None:
    """Write the tables of a run as CSV and Parquet, with `datapackage.json` and
    `ro-crate-metadata.json`.
    """
    described, resources = read_json(run / "dataset/dataset.json"), []
    for name, table in sorted(tables_of(run).items()):
        path = folder / f"{name}.csv"
        write_table(table, path)
        table.to_parquet(path.with_suffix(".parquet"), index=False)
        columns = FLOWS if name == "flows" else joined(name, table.columns, described)
        key = KEYS.get(name, [])
        resources.append(
            {
                "profile": "tabular-data-resource",
                "name": name,
                "title": SHOWN[name].title if name in SHOWN else name.replace("_", " "),
                "path": path.name,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": path.stat().st_size,
                "hash": f"sha256:{sha256_of(path)}",
                "schema": {
                    "fields": [field(table[column], columns.get(column)) for column in table],
                    **({"primaryKey": key} if key and not table.duplicated(key).any() else {}),
                },
            }
        )
    package = {
        "profile": "tabular-data-package",
        "name": run.name.lower(),
        "title": f"{described['name']}: tables of citymrio for {described['year']}",
        "description": "City-level MRIO estimates and carbon footprints. "
        + ("Synthetic data: no place and no number is real." if described["synthetic"] else "")
        + f"Money in {described['unit']}, {described['price_basis']}; emissions in "
        f"{described['emission_unit']}, Mt where a column says so.",
        "classification": described.get("classification", ""),
        "version": __version__,
        "created": f"{about.date}T00:00:00Z",
        "run": run.name,
        "commit": about.commit,
        "method": read_json(run / "provenance.json")["config"].get("method"),
        "withheld": [*withheld(run)],
        "sources": [
            {"title": source["file"], "path": source["url"], "terms": source["terms"]}
            for source in described["sources"]
        ],
        "resources": resources,
        **({"licenses": [{"name": about.licence}]} if about.licence else {}),
    }
    write_json(package, folder / "datapackage.json")
    shutil.copyfile(run / "provenance.json", folder / "provenance.json")
    write_json(
        crate(package, sorted(path.name for path in folder.iterdir()), about),
        folder / "ro-crate-metadata.json",
    )


def field(values: pd.Series, known: Column | None) -> dict[str, str]:
    """A column in the words of a data package: name, type, unit and meaning."""
    found = {"name": str(values.name), "type": TYPES.get(values.dtype.kind, "string")}
    if known:
        found |= {"description": known.meaning} | ({"unit": known.unit} if known.unit else {})
    return found


def crate(package: Mapping[str, Any], files: Iterable[str], about: About) -> dict[str, Any]:
    """The RO-Crate of a run: its files, the software that made them, and the sources it read."""

    def of(names: Iterable[str]) -> list[dict[str, str]]:
        return [{"@id": name} for name in names]

    files = [*files]
    sources = [
        {
            "@id": f"#source-{number}",
            "@type": "CreativeWork",
            "name": source["title"],
            "url": source["path"],
            "usageInfo": source["terms"],
        }
        for number, source in enumerate(package["sources"], 1)
    ]
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [
            {
                "@id": "ro-crate-metadata.json",
                "@type": "CreativeWork",
                "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
                "about": {"@id": "./"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "name": package["title"],
                "description": package["description"],
                "datePublished": about.date,
                "version": package["version"],
                "license": about.licence or "not chosen yet; see README.md of the release",
                "hasPart": of(files),
                "mentions": {"@id": "#run"},
            },
            {
                "@id": "#run",
                "@type": "CreateAction",
                "name": f"the run {package['run']}, method {package['method']}",
                "instrument": {"@id": "#citymrio"},
                "object": of(source["@id"] for source in sources),
                "result": of(files),
            },
            {
                "@id": "#citymrio",
                "@type": "SoftwareSourceCode",
                "name": "citymrio",
                "version": package["version"],
                "identifier": package["commit"],
                "programmingLanguage": "Python",
            },
            *({"@id": name, "@type": "File", "name": name} for name in files),
            *sources,
        ],
    }


def write_pages(run: Path, folder: Path) -> None:
    """Copy the pages and figures of a run for its place on the site, without what is withheld and
    the links to it.
    """
    left_out = withheld(run)
    for pattern in (
        "report/*.html",
        "explorer/*",
        "figures/*",
        "uncertainty/*.html",
        "uncertainty/figures/*",
    ):
        for path in sorted(run.glob(pattern)):
            if path.stem not in left_out:
                (folder / path.relative_to(run)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / path.relative_to(run))
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        for name in left_out:
            block = (
                rf'<script type="text/plain" class="block" id="block-table-{name}".*?</script>\n?'
            )
            text = re.sub(block, "", text, flags=re.S)

        def lead(link: re.Match, page: Path = page) -> str:
            return link["words"] if Path(unquote(link["to"])).stem in left_out else link[0]

        page.write_text(LINK.sub(lead, text), encoding="utf-8")


def write_software(folder: Path, about: About) -> None:
    """Build wheel and sdist from the files of the commit, with its date on everything."""
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary, "tree")
        tree.mkdir()
        packed = subprocess.run(["git", "archive", about.commit], capture_output=True, check=True)
        subprocess.run(["tar", "--extract", "--directory", tree], input=packed.stdout, check=True)
        run_quietly([sys.executable, "-P", "-c", BUILD, str(folder.resolve())], about, cwd=tree)
    (archive,) = folder.glob("*.tar.gz")
    same = {"mtime": about.epoch, "uid": 0, "gid": 0, "uname": "", "gname": ""}
    plain, gnu = io.BytesIO(), tarfile.GNU_FORMAT  # whose headers hold nothing else
    with (
        tarfile.open(archive) as source,
        tarfile.open(fileobj=plain, mode="w", format=gnu) as target,
    ):
        for info in sorted(source, key=lambda member: member.name):
            content = source.extractfile(info) if info.isfile() else None
            target.addfile(info.replace(**same, deep=False), content)
    archive.write_bytes(gzip.compress(plain.getvalue(), mtime=about.epoch))


def run_quietly(command: Sequence[str], about: About, **options: Any) -> None:
    """Run a program that dates what it writes by the commit; what it says is told where it fails.

    Raises
    ------
    DataError
        It fails.
    """
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": str(about.epoch),
        "NO_MKDOCS_2_WARNING": "1",
        **options.pop("environment", {}),
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, **options)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise DataError(f"{command[0]} fails: {said}", where="release", fix="see the message.")


def notes() -> str:
    """What CHANGELOG.md says of the newest version."""
    newest = re.search(
        r"^## .*?(?=^## |\Z)",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        flags=re.M | re.S,
    )
    return f"# citymrio {__version__}\n\n{newest[0].strip()}\n"


def citation(about: About) -> str:
    """CITATION.cff with commit and date.

    Raises
    ------
    DataError
        It names another version.
    """
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    line = f"\nversion: {__version__}\n"
    if line not in text:
        fix = f"write version: {__version__}."
        raise DataError("names another version.", where="CITATION.cff", fix=fix)
    return text.replace(line, f"{line}commit: {about.commit}\ndate-released: '{about.date}'\n")


def readme(runs: Iterable[Path], about: About) -> str:
    """The page that a reader of the folder opens first."""

    def line(run: Path) -> str:
        pages = " and ".join(f"`site/runs/{run.name}/{page}`" for page in ENDS[2:])
        apart = " and ".join(withheld(run))
        said = f"; without {apart}, which repeat statistics of others" if apart else ""
        return f"- `{run.name}`: tables in `data/{run.name}/`; pages {pages}{said}"

    runs = [*runs]
    parts = {
        "version": __version__,
        "commit": about.commit,
        "date": about.date,
        "preview": "".join(
            f"\n> **A preview, not to be published:** {fault}.\n" for fault in about.faults
        ),
        "runs": "\n".join(map(line, runs)),
        "run": runs[0].name,
        "python": PYTHON.format(table=f"data/{runs[0].name}/regions.csv"),
        "r": R.format(table=f"data/{runs[0].name}/regions.csv"),
        "licence": about.licence or "not chosen yet",
    }
    template = (ROOT / "docs/publish.txt").read_text(encoding="utf-8")
    return Template(template).substitute(parts)


def write(runs: Sequence[Path], folder: Path, about: About) -> None:
    """Write the release whole: built beside `folder`, then renamed."""
    with whole_folder(folder) as part:
        for run in runs:
            (part / "data" / run.name).mkdir(parents=True)
            write_data(run, part / "data" / run.name, about)
        (part / "dist").mkdir()
        write_software(part / "dist", about)
        mkdocs = [sys.executable, "-P", "-m", "mkdocs", "build", "--quiet", "--site-dir"]
        shown = {"RELEASED_RUNS": " ".join(run.name for run in runs)}
        run_quietly([*mkdocs, str((part / "site").resolve())], about, environment=shown, cwd=ROOT)
        for run in runs:
            write_pages(run, part / "site/runs" / run.name)
        texts = {
            "README.md": readme(runs, about),
            "RELEASE_NOTES.md": notes(),
            "CITATION.cff": citation(about),
            "LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8"),
        }
        for name, text in texts.items():
            (part / name).write_text(text, encoding="utf-8")
        write_sums(part)


def files_of(folder: Path) -> list[str]:
    """Every file of a folder, relative to it, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS of every file of a folder."""
    sums = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in files_of(folder))
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")


def summed(folder: Path) -> list[str]:
    """What differs from SHA256SUMS: altered, missing and unlisted files."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    known = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {*files_of(folder)} - {"SHA256SUMS"}
    return [
        *(f"{name} is missing" for name in sorted(known.keys() - there)),
        *(f"{name} is not listed" for name in sorted(there - known.keys())),
        *(
            f"{name} is altered"
            for name in sorted(there & known.keys())
            if sha256_of(folder / name) != known[name]
        ),
    ]


def astray(site: Path) -> list[str]:
    """Links of the pages of runs that lead to no file of the site."""
    return [
        f"{page.relative_to(site)} links to {link['to']}, which is not there"
        for page in sorted(site.glob("runs/**/*.html"))
        for link in LINK.finditer(page.read_text(encoding="utf-8"))
        if not re.match(r"\w+:", link["to"]) and not (page.parent / unquote(link["to"])).exists()
    ]


def read_elsewhere(folder: Path) -> Iterator[tuple[str, str]]:
    """A sum of every run, as other programs read it beside the run: what is well, what is wrong."""
    rscript = shutil.which("Rscript")
    for package in sorted(folder.glob("data/*/datapackage.json")):
        run, table = package.parent.name, package.parent / "regions.csv"
        programs = {"Python": [sys.executable, "-I", "-c", PYTHON.format(table=table)]}
        if rscript:
            lines = R.format(table=table).splitlines()
            programs["R"] = [
                rscript,
                "--vanilla",
                *(word for line in lines for word in ("-e", line)),
            ]
        else:
            yield f"data/{run} in R: skipped, there is no Rscript", ""
        source = Path("results") / run / "footprint/footprints.nc"
        if not source.is_file():
            yield f"data/{run} beside its run: skipped, {source} is not there", ""
            continue
        expected = float(read_dataset(source)["cba"].sum()) / 1e6
        for name, command in programs.items():
            done = subprocess.run(command, capture_output=True, text=True)
            found = float(done.stdout) if done.returncode == 0 else float("nan")
            if abs(found - expected) <= 1e-9 * expected:
                yield f"data/{run} in {name}: {found:,.1f} Mt CO2, as in the run", ""
            else:
                yield (
                    "",
                    f"data/{run} in {name}: {found} Mt CO2, {expected} in the run {done.stderr}",
                )


def opened(folder: Path) -> Iterator[tuple[str, str]]:
    """Pages of the site as Chromium opens them: what is well, what is wrong."""
    spec = importlib.util.spec_from_file_location("chromium", ROOT / "tests/browser/chromium.py")
    chromium = sys.modules["chromium"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chromium)
    if lacks := chromium.missing():
        yield f"pages in a browser: skipped, there is no {lacks}", ""
        return
    pages = [folder / "site/index.html", folder / "site/runs.html"]
    for run in sorted(folder.glob("site/runs/*")):
        pages += [run / "report/start.html", run / "explorer/index.html"]
    with chromium.launched() as browser:
        for path in pages:
            page, name = chromium.Opened.open(browser, path), quote(str(path.relative_to(folder)))
            title = page.page.title()
            wrong = [line for line in page.said if line.startswith("error")]
            wrong += [
                url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))
            ]
            page.close()
            yield (
                (f"{name}: opens as “{title}”", "")
                if title and not wrong
                else ("", f"{name}: {wrong or 'no title'}")
            )


def check(folder: Path) -> int:
    """Look at a release; print what is well, skipped and wrong; exit status.

    Raises
    ------
    DataError
        There is none.
    """
    if not (folder / "SHA256SUMS").is_file():
        raise DataError("no release is here.", where=str(folder), fix="make release")
    wrong = [*summed(folder), *astray(folder / "site")]
    if not wrong:
        print(
            f"{len(files_of(folder)) - 1} files are as listed; every link of the runs leads to one"
        )
    for well, bad in (*read_elsewhere(folder), *opened(folder)):
        print(well) if well else wrong.append(bad)
    if "A preview, not to be published" in (folder / "README.md").read_text(encoding="utf-8"):
        print("This is a preview, not to be published: see README.md")
    for fault in wrong:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if wrong else 0


def main(words: Sequence[str] | None = None) -> int:
    """Write a release, or check one; errors are one message."""
    parser = argparse.ArgumentParser(prog="docs/publish.py", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "runs", nargs="*", help="folders or configurations; else China's finished runs"
    )
    parser.add_argument("--folder", type=Path, default=Path("release"))
    parser.add_argument("--licence", default="", help="of the tables, such as CC-BY-4.0")
    parser.add_argument("--preview", action="store_true", help="also of runs of other code")
    parser.add_argument("--check", action="store_true", help="look at a release instead")
    given = parser.parse_args(words)
    try:
        if given.check:
            return check(given.folder)
        runs, state = chosen(given.runs), commit(ROOT)
        if state["commit"] == UNKNOWN:
            fix = "clone the project, and make the release there."
            raise DataError("is no checkout of git with a commit.", where=str(ROOT), fix=fix)
        faults = [fault for run in runs for fault in faults_of(run)]
        if state["modified"]:
            faults.append("the project's files are not those of a commit")
        if faults and not given.preview:
            fix = "commit, make the run again, or look at a preview: make release PREVIEW=yes."
            raise DataError("; ".join(faults) + ".", where="release", fix=fix)
        dated = subprocess.run(
            ["git", "-C", ROOT, "log", "-1", "--format=%ct"],
            capture_output=True,
            text=True,
            check=True,
        )
        about = About(str(state["commit"]), int(dated.stdout), given.licence, tuple(faults))
        write(runs, given.folder, about)
    except CityMRIOError as error:
        print(error, file=sys.stderr)
        return 1
    size = sum((given.folder / name).stat().st_size for name in files_of(given.folder))
    print(f"{given.folder}: {list_some(run.name for run in runs)}; {size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
