"""The command `citymrio`: what can be asked without Snakemake. ``python -m citymrio`` is the
same.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from citymrio import __version__
from citymrio.base.errors import CityMRIOError, optional_packages
from citymrio.base.words import in_country_words

#: Command -> the module whose `main` takes the words that follow it (imported only when asked for),
#: and what it tells.
COMMANDS = {
    "template": (
        "citymrio.dataset.sources.template",
        "write an empty, commented dataset folder and a filled toy example",
    ),
    "intake": (
        "citymrio.assessment.intake",
        "the lists of a dataset from a folder of published tables, and its check",
    ),
    "check": (
        "citymrio.assessment.check",
        "every fault of a configuration and its dataset at once; runs nothing",
    ),
    "run-name": (
        "citymrio.config.loading",
        "name of the run that a configuration describes, or what is wrong with it",
    ),
    "members": (
        "citymrio.assessment.ensemble.asked",
        "members of the ensemble that `make value-of-data` uses",
    ),
    "verify": (
        "citymrio.workflow.verify",
        "what of a run was altered, is missing, stale or left over; changes nothing",
    ),
    "adapter": (
        "citymrio.workflow.alone",
        "one job of a run once more, alone, for a debugger (for developers)",
    ),
    "provenance": (
        "citymrio.workflow.provenance",
        "where a figure, a netCDF file or a table of a run comes from",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Hand the words after the name of a command to its module; its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="citymrio",
        description="City-level MRIO tables by entropy. The tables themselves are made by "
        "Snakemake: see README.md.",
        epilog="`citymrio COMMAND -h` says what a command takes.",
    )
    parser.add_argument("--version", action="version", version=f"citymrio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, tells) in COMMANDS.items():
        commands.add_parser(name, help=tells, add_help=False)
    options = parser.parse_args(words[:1])
    module = COMMANDS[options.command][0]
    extra = "workflow" if module.startswith("citymrio.workflow") else "data"
    try:
        with optional_packages(extra):
            return import_module(module).main(words[1:])
    except CityMRIOError as error:
        print(in_country_words(str(error)), file=sys.stderr)
        return 1
    except MemoryError as error:
        print(
            f"out of memory: {error or options.command}. Fix: give it more memory, or raise the "
            "limit (ulimit -v).",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
