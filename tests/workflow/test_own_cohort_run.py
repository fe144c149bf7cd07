"""A user's own catalogue through the workflow: any format gives the same bytes."""

import gzip

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

SMALL = ("models=nmf", "losses=mse", "n_splits=2", "rank=2")
MADE = ("cohorts/mine/catalogue.tsv", "signatures.tsv", "matches.tsv")


def run(copy, file):
    """Run the study of a catalogue, with the demonstration's models, as far as its matches."""
    wanted = [f"results/demo-mine/{name}" for name in MADE]
    config = ["study=demo", f"catalogue={file}", "reference=own.csv", *SMALL]
    copy.succeed("--config", *config, "--", *wanted)
    log = (copy / "results/demo-mine/logs/catalogue/mine.log").read_text()
    return log, {path: (copy / path).read_bytes() for path in wanted}


def test_two_formats_give_the_same_results(make_copy):
    one, other = make_copy(), make_copy()
    table = pd.read_csv(one / "resources/breast21.tsv", sep="\t", index_col=0)
    cosmic = pd.read_csv(one / "resources/COSMIC_v3.4_SBS_GRCh37.txt", sep="\t", index_col=0)
    table.to_csv(one / "mine.tsv", sep="\t")
    cosmic[["SBS1", "SBS2", "SBS13"]].to_csv(one / "own.csv")

    # Samples in rows, under the two labels of PCAWG; the reference set turned, too.
    substitutions = [channel[2:5] for channel in table.index]
    contexts = [channel[0] + channel[2] + channel[6] for channel in table.index]
    rows = [("Mutation type", *substitutions), ("Trinucleotide", *contexts)]
    rows += [(sample, *counts) for sample, counts in table.items()]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    (other / "mine.csv.gz").write_bytes(gzip.compress(text.encode()))
    cosmic[["SBS1", "SBS2", "SBS13"]].T.to_csv(other / "own.csv")

    said, made = run(one, "mine.tsv")
    assert said == "mine.tsv: SigProfiler matrix, tab-separated: 96 x 21\n"
    said, made_of_other = run(other, "mine.csv.gz")
    form = "PCAWG form (C>A and ACA), comma-separated, gzipped, transposed"
    assert said == f"mine.csv.gz: {form}: 96 x 21\n"
    assert made == made_of_other
    matches = pd.read_csv(one / "results/demo-mine/matches.tsv", sep="\t")
    own = matches[matches["library"] == "own"]
    assert set(own["match"]) <= {"SBS1", "SBS2", "SBS13"}
    assert len(own) == len(matches[matches["library"] == "cosmic"]) > 0

    # Another file of that name is not mixed with it.
    (one / "x").mkdir()
    (one / "x/mine.tsv").write_text((one / "mine.tsv").read_text().replace("\t1", "\t2"))
    config = ("study=demo", "catalogue=x/mine.tsv", *SMALL)
    status, said = one.run("--config", *config)
    assert status != 0
    assert said.splitlines()[-1].startswith(
        "error: x/mine.tsv: results/demo-mine has the results of another file, mine.tsv: rename "
    )


def test_a_broken_catalogue_ends_before_any_job(make_copy):
    copy = make_copy()
    text = (copy / "resources/breast21.tsv").read_text(encoding="utf-8")
    (copy / "mine.tsv").write_text(text.replace("A[C>A]A", "A[C>A]N"), encoding="utf-8")
    status, said = copy.run("--config", "catalogue=mine.tsv", "rank=5")
    assert status != 0
    assert said.splitlines()[-1] == (
        "error: mine.tsv: 1 unknown channel(s), the first is 'A[C>A]N': did you mean 'A[C>A]A'?"
    )
    assert "Traceback" not in said
    assert not (copy / "results").exists()


def test_ranks_are_chosen_where_the_rank_is_auto(make_copy):
    copy = make_copy()
    said = copy.succeed("--dry-run", "--config", "catalogue=resources/breast21.tsv", "rank=auto")
    assert "results/own-ranks-breast21/tables/ranks.html" in said
    assert "k7" in said
    assert "k8" not in said


def test_any_path_and_any_locale_will_do(make_copy):
    copy = make_copy()
    file = 'dätä/Zoë\'s "3" tumours.tsv'
    (copy / "dätä").mkdir()
    (copy / file).write_bytes((copy / "resources/breast21.tsv").read_bytes())
    made = "results/own-Zoe-s-3-tumours/cohorts/Zoe-s-3-tumours/catalogue.tsv"
    config = [f"catalogue={file}", "rank=2"]
    copy.succeed("--config", *config, "--", made, LC_ALL="C", TMPDIR="/nowhere")
    assert (copy / made).read_bytes() == (copy / "resources/breast21.tsv").read_bytes()
