#!/usr/bin/env bash
# A real SLURM cluster of one node, for tests: Debian's munge, slurmctld and slurmd, started by hand as
# root, without systemd and without accounting.
#   slurm.sh start | stop
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin  # the daemons are there, and not on the PATH of a plain `su`
RUN=/run/slurm STATE=/var/lib/slurm LOG=/var/log/slurm CONF=/etc/slurm/slurm.conf
HOST=$(hostname -s)
CPUS=$(nproc)
MEMORY=$(awk '/^MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)

configure() {
  getent hosts "$HOST" >/dev/null || echo "127.0.0.1 $HOST" >>/etc/hosts
  mkdir -p "$RUN" "$STATE/slurmctld" "$STATE/slurmd" "$LOG" /etc/slurm
  cat >"$CONF" <<EOF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPidFile=$RUN/slurmctld.pid
SlurmdPidFile=$RUN/slurmd.pid
StateSaveLocation=$STATE/slurmctld
SlurmdSpoolDir=$STATE/slurmd
SlurmctldLogFile=$LOG/slurmctld.log
SlurmdLogFile=$LOG/slurmd.log
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
ReturnToService=2
KillWait=5
MinJobAge=3600
EnforcePartLimits=ALL
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
# A job that takes more memory than it asked for is killed within two seconds.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=$CPUS Sockets=1 CoresPerSocket=$CPUS ThreadsPerCore=1 RealMemory=$MEMORY State=UNKNOWN
PartitionName=test Nodes=$HOST Default=YES MaxTime=INFINITE State=UP
EOF
}

running() { # running PIDFILE NAME
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && grep -q "^$2" "/proc/$pid/comm" 2>/dev/null
}

start() {
  configure
  if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
    if [ ! -s /etc/munge/munge.key ]; then
      dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
      chown munge:munge /etc/munge/munge.key
      chmod 400 /etc/munge/munge.key
    fi
    install -d -o munge -g munge -m 755 /run/munge
    install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
    runuser -u munge -- /usr/sbin/munged
  fi
  running "$RUN/slurmctld.pid" slurmctld || slurmctld
  running "$RUN/slurmd.pid" slurmd || slurmd
  for _ in $(seq 60); do
    state=$(sinfo -h -o %T 2>/dev/null || true)
    case "$state" in
      idle | mixed | allocated) return ;;
      down* | drain*) scontrol update NodeName="$HOST" State=RESUME 2>/dev/null || true ;;
    esac
    sleep 0.5
  done
  echo "the node is '$state', not idle:" >&2
  tail -n 20 "$LOG/slurmctld.log" "$LOG/slurmd.log" >&2
  exit 1
}

end() { # end PIDFILE NAME
  running "$1" "$2" || return 0
  pid=$(cat "$1")
  kill "$pid"
  for _ in $(seq 40); do [ -d "/proc/$pid" ] || return 0; sleep 0.25; done
  kill -9 "$pid"
}

stop() {
  timeout 10 scancel --user=root 2>/dev/null || true
  for _ in $(seq 20); do [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break; sleep 0.5; done
  end "$RUN/slurmd.pid" slurmd
  end "$RUN/slurmctld.pid" slurmctld
  end /run/munge/munged.pid munged
  rm -f "$CONF"  # with it every later Snakemake asks a scheduler that has gone, for nine seconds
}

"${1:?start or stop}"
