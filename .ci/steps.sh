# What .ci/run and .ci/nightly share: steps with their seconds, programs that are installed where they lack, and finished runs.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONDONTWRITEBYTECODE # thousands of processes read the library: it is compiled once

TIMES=()
STEP=
BEGAN=0

# step "what it is": ends the step before.
step() {
    ended
    STEP=$1 BEGAN=$SECONDS
    printf '\n== %s (%ss)\n' "$1" "$SECONDS"
}

ended() {
    [ -z "$STEP" ] || TIMES+=("$(printf '%7d  %s' $((SECONDS - BEGAN)) "$STEP")")
    STEP=
}

# Seconds by step, at whatever end.
table() {
    local code=$?
    [ "$code" = 0 ] || STEP="$STEP: FAILED"
    ended
    printf '\nseconds  step\n'
    printf '%s\n' "${TIMES[@]}"
    printf '%7d  in all\n' "$SECONDS"
    exit "$code"
}
trap table EXIT

here() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || return 1
    done
}

# Programs that lack: the explorer's scripts need node, its tests a browser, others Slurm and rsync. With apt-get where this is root
# on Debian; said where it cannot be.
install() {
    local packages=()
    here npm || packages+=(nodejs npm)
    here chromium || here chromium-browser || here google-chrome || packages+=(chromium fonts-noto-cjk)
    here slurmctld munged || packages+=(slurm-wlm munge)
    here rsync || packages+=(rsync)
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && here apt-get; then
        (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}") >/dev/null 2>&1 ||
            echo "apt-get could not install ${packages[*]}: what needs them is skipped"
    else
        echo "not installed: ${packages[*]}. What needs them is skipped; only root can install them, with apt-get"
    fi
}

# audit results/<run>/tables/audit.csv: fails where a balance does.
audit() {
    .venv/bin/python - "$1" <<'PY'
import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as table:
    rows = list(csv.DictReader(table))
failed = [row for row in rows if row["passed"] != "True"]
for row in failed:
    print(f"audit failed: {row}")
print(f"{sys.argv[1]}: {len(rows) - len(failed)} of {len(rows)} invariants hold")
sys.exit(bool(failed) or not rows)
PY
}

# Raw files of others, which are not part of the project.
CHINA=../shared/data/china2012/raw
FINLAND=../shared/data/finland2014/raw
FINLAND_TRUTH=../shared/data/truth/finland_2014.npz
RUNS=(toy results/synthetic) # what has finished, for the explorer's tests

default_run() {
    step "the default run: synthetic country"
    make
    audit results/synthetic/tables/audit.csv
}

china() {
    step "China 2012"
    if [ ! -d "$CHINA" ]; then
        echo "skipped: $CHINA is not there"
        return
    fi
    make china2012 RAW_DIR="$CHINA"
    audit results/china2012/tables/audit.csv
    make verify CONFIG=config/china2012.yaml RAW_DIR="$CHINA"
    RUNS+=(results/china2012)
}

finland() {
    step "Finland 2014, beside its own trade where that is known"
    if [ ! -d "$FINLAND" ]; then
        echo "skipped: $FINLAND is not there"
        return
    fi
    make finland2014 RAW_DIR="$FINLAND"
    audit results/finland2014/tables/audit.csv
    make verify CONFIG=config/finland2014.yaml RAW_DIR="$FINLAND"
    if [ -f "$FINLAND_TRUTH" ]; then
        make finland2014 RAW_DIR="$FINLAND" TRUTH="$FINLAND_TRUTH"
        grep -E '^quantity|,all,' results/finland2014/tables/known_trade.csv
    fi
    RUNS+=(results/finland2014)
}
