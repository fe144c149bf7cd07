"""A real SLURM cluster of one node, where its packages are installed and the tests run as root."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "slurm.sh"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")


def missing():
    """Say why there can be no cluster here; nothing if there can."""
    if os.geteuid():
        return "the daemons of SLURM have to be started by root"
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"  # as in the script
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if lacking:
        return f"no {lacking[0]}: apt-get install munge slurmctld slurmd slurm-client"
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        return "the SLURM plugin is not installed: pip install -e '.[slurm]'"
    return None


@pytest.fixture(scope="session")
def cluster():
    """Start the cluster, and stop it after the last test."""
    if why := missing():
        pytest.skip(why)
    subprocess.run([SCRIPT, "start"], check=True, timeout=120)
    yield
    subprocess.run([SCRIPT, "stop"], check=True, timeout=60)
