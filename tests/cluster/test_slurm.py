"""The workflow on a real scheduler: through its profile, with jobs that fail or are lost."""

import re
import signal
import subprocess
import time

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.slow

CONFIG = ("cohorts=breast21", "losses=mse", "n_splits=2", "splits_per_job=1", "models=nmf,wild")
WANTED = ("--config", "study=demo", *CONFIG, "--", "results/demo/scores.tsv")
PROFILE = (
    *("--profile", "profiles/slurm"),
    # Short jobs: do not wait for minutes before the first look.
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "2"),
)


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


def is_running(rule):
    """Whether a job of a rule is running."""
    said = subprocess.run(
        ["squeue", "-h", "-t", "RUNNING", "-o", "%k"], capture_output=True, text=True, check=True
    )
    return f"rule_{rule}" in said.stdout


@pytest.fixture(scope="module")
def runs(cluster, make_copy):
    """A run whose jobs are cancelled, the same command again, and a run without a scheduler.

    One job takes more memory than it asked for, one more than its minute; a model diverges.
    """
    copy, local = make_copy(), make_copy()
    for project in (copy, local):
        path = project / "workflow/studies/demo.yaml"
        study = yaml.safe_load(path.read_text(encoding="utf-8"))
        study["models"]["wild"] = {
            "label": "Wild AE-NMF",
            "method": "ae-nmf",
            "settings": {"learning_rate": 1e30},
        }
        path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    copy.insert("splits", once("hog = numpy.ones(225_000_000)\n    time.sleep(6)"))
    copy.insert("paired", once("time.sleep(100)"))
    command = ["--set-resources", "paired:runtime=attempt", *PROFILE, *WANTED]
    process = copy.start(*command, cores=())
    for _ in range(240):
        if is_running("fit"):
            break
        time.sleep(0.5)
    else:
        raise AssertionError("no fit was started in two minutes")
    process.send_signal(signal.SIGINT)
    subprocess.run(["scancel", "--user=root"], check=True)
    cancelled, _ = process.communicate(timeout=120)
    assert process.returncode != 0, cancelled
    assert not (copy / "results/demo/scores.tsv").exists()
    process = copy.start(*command, cores=())
    said, _ = process.communicate(timeout=900)
    assert process.returncode == 0, said
    local.succeed(*WANTED)
    return copy, cancelled, said, local


def test_jobs_that_fail_are_retried_with_more(runs):
    copy, cancelled, said, _ = runs
    assert memory_limit_was_met(copy, "splits")
    assert attempts(cancelled, "splits", "mem_mb") == [1200, 2400]
    assert "SLURM status is: 'TIMEOUT'" in said
    assert attempts(said, "paired", "runtime") == [1, 2]


def test_a_model_that_fails_lets_the_rest_go_on(runs):
    scores = runs[0].scores()
    failed = scores.query("model == 'wild' and metric == 'error'")
    assert failed["status"].str.startswith("failed: diverged").all()
    assert (scores.query("model == 'nmf'")["status"] == "ok").all()


def test_a_run_whose_jobs_were_cancelled_is_finished_by_the_same_command(runs):
    copy, _, said, local = runs
    assert attempts(said, "splits", "mem_mb") == []  # done before
    pd.testing.assert_frame_equal(copy.scores(), local.scores())
