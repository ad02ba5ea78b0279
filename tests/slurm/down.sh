#!/usr/bin/env bash
# End the Slurm that `up.sh DIR` began, with its jobs, and remove its folder. Usage: down.sh DIR
set -uo pipefail

dir=$(realpath -m "${1:?usage: down.sh DIR}")
[[ -d $dir/munge ]] || { echo "$dir is no folder of up.sh" >&2; exit 2; }
export SLURM_CONF=$dir/slurm.conf

if [[ -s $dir/slurmctld.pid ]]; then
    squeue -h -o %A 2>/dev/null | xargs -r scancel --signal=KILL
    for ((tries = 0; tries < 40; tries++)); do
        [[ -n $(squeue -h 2>/dev/null) ]] || break
        sleep 0.25
    done
fi

# A daemon that has ended has removed its file. Munge is the last: the others speak through it.
for name in slurmd-n1 slurmd-n2 slurmctld munged; do
    file=$dir/$name.pid
    [[ -s $file ]] || continue
    pid=$(<"$file")
    kill "$pid" 2>/dev/null
    for ((tries = 0; tries < 40; tries++)); do
        [[ -e $file ]] || continue 2
        sleep 0.25
    done
    kill -KILL "$pid" 2>/dev/null
done
rm -rf "$dir"
