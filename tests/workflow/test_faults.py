"""What goes wrong on a machine: nothing may be silently wrong, the next run repairs or names it."""

import os
import shutil
import subprocess
import time

import pandas as pd
import psutil
import pytest

pytestmark = pytest.mark.slow

CONFIG = ("cohorts=breast21", "losses=mse", "n_splits=2", "models=nmf", "splits_per_job=1")
COMMAND = ("--config", *CONFIG, "--", "results/demo/scores.tsv")
#: A fit lasts long enough to be hit.
SLOW = "import time\n\ntime.sleep(4)\n"


def tables(copy):
    """The tables of a study, without the timings."""
    made = {}
    for name in ("scores", "paired", "points", "signatures", "matches"):
        table = pd.read_csv(copy / f"results/demo/{name}.tsv", sep="\t")
        if "metric" in table:
            table = table[table["metric"] != "seconds"]
        made[name] = table.to_csv()
    return made


def fits(copy, suffix=".npz"):
    return sorted((copy / "results/demo/fits").rglob(f"*{suffix}"))


def errors(said):
    return {line for line in said.splitlines() if line.startswith("error: ")}


def fit_processes(copy):
    """The running fits of a project."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if ".fit.py" in " ".join(process.info["cmdline"] or [])
        and str(copy.root) in " ".join(process.info["cmdline"])
    ]


def wait_for(condition, seconds=120):
    for _ in range(seconds * 10):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


@pytest.fixture(scope="module")
def project(make_copy):
    """A project that was not run yet."""
    copy = make_copy()
    copy.insert("fit", SLOW)
    return copy


@pytest.fixture(scope="module")
def finished(project, tmp_path_factory):
    """The same after an undisturbed run."""
    copy = project.twin(tmp_path_factory.mktemp("finished") / "project")
    copy.succeed(*COMMAND)
    return copy


@pytest.fixture
def fresh(project, tmp_path):
    return project.twin(tmp_path / "project")


@pytest.fixture
def done(finished, tmp_path):
    return finished.twin(tmp_path / "project")


def test_a_killed_job_and_a_killed_run_are_done_by_the_next(fresh, finished):
    process = fresh.start(*COMMAND)
    wait_for(lambda: fit_processes(fresh))[0].kill()
    said, _ = process.communicate(timeout=300)
    assert process.returncode != 0, said
    (kept,) = fits(fresh)
    assert not (fresh / "results/demo/scores.tsv").exists()
    written = kept.stat().st_mtime_ns

    # Snakemake ends without warning, and the fit that it started goes on.
    process = fresh.start(*COMMAND)
    orphans = wait_for(lambda: fit_processes(fresh))
    process.kill()
    process.communicate()
    # That leaves the lock, and Snakemake says what to do.
    status, said = fresh.run(*COMMAND)
    assert status != 0
    assert "--unlock" in said
    fresh.succeed("--unlock", *COMMAND)
    fresh.succeed(*COMMAND)
    psutil.wait_procs(orphans, timeout=60)
    assert tables(fresh) == tables(finished)
    assert kept.stat().st_mtime_ns == written
    assert "Nothing to be done" in fresh.succeed(*COMMAND)


def test_a_full_disk_is_told_and_more_space_ends_the_run(fresh, finished):
    made = fresh / "results"
    made.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", made], check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        status, said = fresh.run(*COMMAND)
        assert status != 0
        assert "No space left on device" in said
        assert not (made / "demo/scores.tsv").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", made], check=True)
        fresh.succeed(*COMMAND)
        assert tables(fresh) == tables(finished)
    finally:
        subprocess.run(["umount", made], check=True)


def test_a_truncated_fit_is_named_and_after_its_deletion_all_is_well(done, finished):
    for suffix in (".npz", ".tsv", ".json"):
        (file, *_) = fits(done, suffix)
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        status, said = done.run(*COMMAND)
        assert status != 0
        (line,) = errors(said)
        name = str(file.relative_to(done.root))
        assert line.startswith(f"error: {name}: ")
        assert line.endswith(": delete it and run again")
        file.write_bytes(content)
    file.unlink()
    done.succeed(*COMMAND)
    assert tables(done) == tables(finished)


def jump(copy, hours):
    """Move the times of all files of fits, and of their folders, as a wrong clock does."""
    for path in (copy / "results/demo/fits").rglob("*"):
        jumped = path.stat().st_mtime + hours * 3600
        os.utime(path, (jumped, jumped))


@pytest.fixture
def fitted(done):
    """A project that was run as far as its fits."""
    for path in (done / "results/demo").iterdir():
        if path.name not in ("cohorts", "fits", "logs"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return done


def test_fits_from_a_clock_that_was_behind_are_done_again(fitted, finished):
    jump(fitted, -24)
    fitted.succeed(*COMMAND)
    assert tables(fitted) == tables(finished)
    assert "Nothing to be done" in fitted.succeed(*COMMAND)


def test_fits_from_the_future_are_named_and_fine_once_touched(fitted, finished):
    jump(fitted, 24)
    status, said = fitted.run(*COMMAND)
    assert status != 0
    assert "has older modification time" in said
    assert not (fitted / "results/demo/scores.tsv").exists()
    for path in fits(fitted, ""):
        path.touch()
    fitted.succeed(*COMMAND)
    assert tables(fitted) == tables(finished)
