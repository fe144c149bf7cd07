"""What planning and scheduling cost: cohorts by the hundred, each with 100 splits and 8 models.

    python tests/bench/scale.py [--cohorts 10 100 1000] [--splits-per-job 100] [--schedule]

The cohorts are copies of the 21 breast genomes. Planning is a dry run. With --schedule the jobs run
too, but do nothing but touch their outputs: what is left is Snakemake itself.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import yaml

sys.path.append(str(Path(__file__).parents[1]))
from conftest import Copy  # the same copy as the tests have

MODELS = 8
SPLITS = 100
TOUCH = "from pathlib import Path\n\nfor path in snakemake.output:\n    Path(path).touch()\n"


def main():
    args = read_arguments()
    print("cohorts\tsplits per job\tjobs\tseconds\tCPU seconds\tMB")
    for cohorts in args.cohorts:
        for size in args.splits_per_job:
            with tempfile.TemporaryDirectory() as folder:
                root = make_project(Path(folder) / "project", cohorts, trivial=args.schedule)
                mode = ["--cores", str(os.cpu_count())] if args.schedule else ["--dry-run"]
                jobs, *cost = measure(root, [*mode, "--config", f"splits_per_job={size}"])
                print(cohorts, size, jobs, *(f"{value:.0f}" for value in cost), sep="\t")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--splits-per-job", type=int, nargs="+", default=[100])
    parser.add_argument("--schedule", action="store_true", help="also run jobs that do nothing")
    return parser.parse_args()


def make_project(folder, cohorts, *, trivial):
    """A copy of the project whose demonstration has so many cohorts."""
    Copy(folder)
    path = folder / "workflow/studies/demo.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    genomes = study["cohorts"]["breast21"]
    study["cohorts"] = {f"c{i}": genomes | {"label": f"Cohort {i}"} for i in range(cohorts)}
    study["models"] = {f"m{i}": {"label": f"Model {i}", "method": "nmf"} for i in range(MODELS)}
    study |= {"losses": ["mse"], "baseline": "m0"}
    study["schemes"]["holdout"]["n_splits"] = SPLITS
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    for script in (folder / "workflow/scripts").glob("*.py") if trivial else ():
        script.write_text(TOUCH, encoding="utf-8")
    return folder


def measure(root, arguments):
    """Jobs, wall and CPU seconds and peak MB of Snakemake itself, without its jobs."""
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--quiet", "rules", *arguments],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root / "workflow")},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        own, peak, cpu = psutil.Process(process.pid), 0, 0.0
        while process.poll() is None:
            try:
                times = own.cpu_times()
                cpu = times.user + times.system
                peak = max(peak, own.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.05)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    if process.wait():
        raise SystemExit(text)
    jobs = next(line.split()[1] for line in text.splitlines() if line.startswith("total "))
    return jobs, seconds, cpu, peak / 2**20


if __name__ == "__main__":
    main()
