"""The workflow on a real scheduler: through its profile, with jobs that fail or are lost."""

import re
import signal
import subprocess
import time

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.slow

CONFIG = ("study=demo", "cohorts=breast21", "losses=mse", "n_splits=2", "splits_per_job=1")
PROFILE = (
    *("--profile", "profiles/slurm"),
    # Short jobs: do not wait for minutes before the first look.
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "2"),
)


def arguments(models):
    return [*PROFILE, "--config", *CONFIG, f"models={models}", "--", "results/demo/scores.tsv"]


def once(lines):
    """Lines of a script that are run at its first attempt only."""
    return (
        "import time\nfrom pathlib import Path\n\nimport numpy\n\n"
        "first = Path(snakemake.output[0]).with_suffix('.first')\n"
        f"if not first.exists():\n    first.touch()\n    {lines}\n"
    )


def attempts(said, rule, resource):
    """What a rule asked for, attempt by attempt."""
    blocks = [block.split("\n\n")[0] for block in said.split(f"\nrule {rule}:\n")[1:]]
    return [int(re.search(rf"{resource}=(\d+)", block)[1]) for block in blocks]


def memory_limit_was_met(copy, rule):
    logs = (copy / f".snakemake/slurm_logs/rule_{rule}").rglob("*.log")
    return any("memory limit" in log.read_text(errors="replace") for log in logs)


def running():
    said = subprocess.run(["squeue", "-h", "-t", "RUNNING"], capture_output=True, check=True)
    return said.stdout.splitlines()


def test_jobs_that_fail_are_retried_with_more_and_the_rest_goes_on(cluster, make_copy):
    """One takes more memory than it asked for, one more than its minute; a model diverges."""
    copy = make_copy()
    path = copy / "workflow/studies/demo.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["models"]["wild"] = {
        "label": "Wild AE-NMF",
        "method": "ae-nmf",
        "settings": {"learning_rate": 1e30},
    }
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    copy.insert("splits", once("hog = numpy.ones(225_000_000)\n    time.sleep(6)"))
    copy.insert("paired", once("time.sleep(100)"))
    slow = ["--set-resources", "paired:runtime=attempt"]
    process = copy.start(*slow, *arguments("nmf,wild"), cores=())
    said, _ = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert memory_limit_was_met(copy, "splits")
    assert attempts(said, "splits", "mem_mb") == [1200, 2400]
    assert "SLURM status is: 'TIMEOUT'" in said
    assert attempts(said, "paired", "runtime") == [1, 2]
    failed = copy.scores().query("model == 'wild' and metric == 'error'")
    assert failed["status"].str.startswith("failed: diverged").all()
    assert (copy.scores().query("model == 'nmf'")["status"] == "ok").all()


def test_a_run_whose_jobs_were_cancelled_is_finished_by_the_same_command(cluster, make_copy):
    copy, local = make_copy(), make_copy()
    process = copy.start(*arguments("nmf,ae-nmf"), cores=())
    for _ in range(120):
        if running():
            break
        time.sleep(0.5)
    assert running()
    process.send_signal(signal.SIGINT)
    subprocess.run(["scancel", "--user=root"], check=True)
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0, said
    assert not (copy / "results/demo/scores.tsv").exists()
    process = copy.start(*arguments("nmf,ae-nmf"), cores=())
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    local.succeed("--config", *CONFIG, "models=nmf,ae-nmf", "--", "results/demo/scores.tsv")
    pd.testing.assert_frame_equal(copy.scores(), local.scores())
