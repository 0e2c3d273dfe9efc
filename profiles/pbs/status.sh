#!/bin/sh
# State of one submission, from PBS's history of jobs: running, success or failed.
if text=$(qstat -x -f "$1" 2>&1); then
    echo "$text" | awk '$1 == "job_state" { state = $3 } $1 == "Exit_status" { status = $3 }
        END { if (state != "F") print "running"; else print (status == "0" ? "success" : "failed") }'
else
    case $text in
        *"Unknown Job"*) echo failed ;;
        *) echo running ;; # the server does not answer now: ask again
    esac
fi
