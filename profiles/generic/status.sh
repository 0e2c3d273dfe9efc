#!/bin/sh
# status.sh <submission>: running, success or failed.
status=.snakemake/generic/$1.status
if kill -0 "$1" 2> /dev/null; then
    echo running
elif [ "$(cat "$status" 2> /dev/null)" = 0 ]; then
    echo success
else
    echo failed
fi
