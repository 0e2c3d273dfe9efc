#!/bin/sh
# submit.sh <processors> <memory in MB> <minutes> <script>: submit the script, print the number of the submission.
mkdir -p .snakemake/generic
setsid sh -c 'sh "$0" > .snakemake/generic/$$.log 2>&1; echo $? > .snakemake/generic/$$.status' "$4" > /dev/null 2>&1 &
echo $!
