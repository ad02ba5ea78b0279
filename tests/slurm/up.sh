#!/usr/bin/env bash
# A Slurm of two nodes on this machine, for tests. All it writes lies in the folder given; `down.sh` ends it and removes
# that. Usage: up.sh DIR, where nothing is yet; then `export SLURM_CONF=DIR/slurm.conf`. Debian's packages: slurm-wlm,
# slurmctld, slurmd, slurm-client, munge.
set -euo pipefail

dir=$(realpath -m "${1:?usage: up.sh DIR}")
[[ ! -e $dir ]] || { echo "$dir is there already" >&2; exit 2; }
PATH=$PATH:/usr/sbin
host=$(hostname -s)
memory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.45) }' /proc/meminfo)

# Three ports that are free: several of these may be up at once.
read -r port first second < <(python3 -c '
import socket
free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in free))')

umask 022 # munged trusts no folder into which others may write
mkdir -p "$dir"/{munge,state,log,spool/n1,spool/n2}
trap 'bash "$(dirname "${BASH_SOURCE[0]}")/down.sh" "$dir"' ERR
(umask 077 && head -c 1024 /dev/urandom >"$dir/munge/key")

# Its own daemon, key and socket: those of the machine stay as they are. Forced, since folders above may be anybody's.
munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/log/munged" --seed-file="$dir/munge/seed"

# Without cgroups, which a container does not hand on. One processor for each node, so that two jobs need both nodes.
cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/slurmd-%n
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
ReturnToService=2
KillWait=5
MinJobAge=30
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$first CPUs=1 RealMemory=$memory
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$second CPUs=1 RealMemory=$memory
PartitionName=short Nodes=n1,n2 Default=YES MaxTime=00:30:00 State=UP
CONF

export SLURM_CONF=$dir/slurm.conf
slurmctld
slurmd -N n1
slurmd -N n2
for ((tries = 0; tries < 120; tries++)); do
    [[ $(sinfo -h -t idle -o %D 2>/dev/null) != 2 ]] || exit 0
    sleep 0.5
done
echo "its nodes do not come up" >&2
tail -n 5 "$dir"/log/* >&2
false
