"""The workflow on a real scheduler: through its profile, with jobs that fail or are lost."""

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
    return [*PROFILE, "--config", *CONFIG, f"models={models}"]


def insert(path, lines):
    """Put lines before what a script does."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("with script(", f"{lines}\nwith script(", 1), encoding="utf-8")


def scores(copy):
    table = pd.read_csv(copy / "results/demo/scores.tsv", sep="\t")
    return table[table["metric"] != "seconds"]


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
    hog = "import time\nimport numpy\nhog = numpy.ones(225_000_000)\ntime.sleep(6)\n"
    insert(copy / "workflow/scripts/splits.py", hog)
    insert(copy / "workflow/scripts/paired.py", "import time\ntime.sleep(80)\n")
    slow = ["--set-resources", "paired:runtime=attempt"]
    process = copy.start(*arguments("nmf,wild"), *slow, cores=())
    said, _ = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert "OUT_OF_MEMORY" in said
    assert "TIMEOUT" in said
    failed = scores(copy).query("model == 'wild' and metric == 'error'")
    assert failed["status"].str.startswith("failed: diverged").all()
    assert (scores(copy).query("model == 'nmf'")["status"] == "ok").all()
    assert (copy / "results/demo/figures/breast21/errors.mse.pdf").stat().st_size > 1000


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
    local.succeed("--config", *CONFIG, "models=nmf,ae-nmf")
    pd.testing.assert_frame_equal(scores(copy), scores(local))
