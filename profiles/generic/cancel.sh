#!/bin/sh
# cancel.sh <submission>...: end submissions.
for submission in "$@"; do
    kill -- "-$submission"
done
