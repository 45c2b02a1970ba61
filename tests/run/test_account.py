import json
import re

import pytest

from imagette.errors import UsageError
from imagette.run.account import account_of_runs
from imagette.run.evaluate import evaluate_run

HALF = [True] * 10 + [False] * 10


def account(tmp_path, *paths, best, **options):
    out = tmp_path / f"out.{options.get('form', 'md')}"
    values = {"form": "md", "out": out, "command": "imagette report ...", "overwrite": True}
    account_of_runs(list(paths), best, **(values | options))
    return out.read_text(encoding="utf-8")


def ticks(text):
    """What is ticked, and what is missing with its detail."""
    done = re.findall(r"^- \[x\] (.*)$", text, re.MULTILINE)
    missing = re.findall(r"^- \[ \] (.*)$", text, re.MULTILINE)
    return done, missing


def test_what_is_expected_is_ticked_or_shown_missing_with_its_command(
    experiment, trained, tmp_path
):
    # 001-40, 001-41
    small = {"data": {"limit": 200}, "budget": {"parameters": 100_000}}
    best = trained(experiment(**small)).folder
    other = trained(experiment(**small, recipe={"batch": 32})).folder
    evaluate_run(best.path)
    text = account(tmp_path, best.path, other.path, best=best.path)
    done, missing = ticks(text)
    assert [line.split(":")[0] for line in done if "best of" not in line] == [
        "The constraints, and that they are met",
        "Variants and their performance",
        "Whether their differences are real",
        "The error curve of the best system, from before the first epoch",
        "The full description of its network (Fn, Xn, Wn, operations)",
        "The analysis class by class",
    ]
    told = "\n".join(missing)
    assert "comment at the head of the experiment's file" in told
    assert "--split test --open-test" in told
    assert "Discussion: yours to write" in told


def test_the_account_holds_every_part(experiment, trained, tmp_path):  # 001-40, 001-41
    best = trained(experiment(data={"limit": 200})).folder
    text = account(tmp_path, best.path, best=best.path)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    wanted = ("What is expected", "Variants", "The best system", "Discussion", "Again")
    assert [one for one in headings if one in wanted] == list(wanted)
    assert "| F1 |" in text
    assert f"for a document: imagette describe {best.path} --latex" in text
    assert "What worked, what did not, and why" in text


def test_one_variant_is_not_what_is_expected(make_run, tmp_path):
    run = make_run("one")
    _, missing = ticks(account(tmp_path, run.path, best=run.path))
    assert any("there is one variant, so nothing to tell apart" in line for line in missing)
    assert "Variants and their performance: imagette sweep lenet_sizes" in missing


def test_a_variant_better_than_the_best_is_named(make_run, tmp_path):
    best = make_run("one", (0.1, 0.5, 0.7))
    better = make_run("two", (0.1, 0.5, 0.9), recipe={"batch": 16})
    _, missing = ticks(account(tmp_path, best.path, better.path, best=best.path))
    assert any("batch=16 has 90.00" in line for line in missing)


def test_a_budget_that_is_broken_is_not_ticked(make_run, tmp_path):  # 001-31
    run = make_run("one", budget={"parameters": 7000})
    _, missing = ticks(account(tmp_path, run.path, best=run.path))
    assert any(line.startswith("The constraints") and "112" in line for line in missing)


def test_an_unfinished_variant_says_how_it_goes_on(make_run, tmp_path):
    best = make_run("one")
    failed = make_run("two", recipe={"batch": 16}, finished=False)
    _, missing = ticks(account(tmp_path, best.path, failed.path, best=best.path))
    assert any(
        f"imagette train --resume {failed.path}" in line.replace("\\", "") for line in missing
    )


def test_the_best_must_be_among_the_runs(make_run, tmp_path):
    one, other = make_run("one"), make_run("other")
    with pytest.raises(
        UsageError, match=r"^--best .*/other is not among the runs of the account: "
    ):
        account(tmp_path, one.path, best=other.path)


def test_an_account_is_never_written_over_unasked(make_run, tmp_path):  # 004-T4
    run = make_run("one")
    account(tmp_path, run.path, best=run.path)
    with pytest.raises(UsageError, match=r"out\.md' exists: give --overwrite"):
        account(tmp_path, run.path, best=run.path, overwrite=False)


def test_an_account_is_a_page_in_french_too(make_run, tmp_path):
    best = make_run("one", right=HALF)
    other = make_run("two", right=HALF, recipe={"batch": 16})
    page = account(tmp_path, best.path, other.path, best=best.path, form="html", lang="fr")
    assert '<html lang="fr">' in page
    assert "Ce qui est attendu" in page
    assert 'contenteditable="true"' in page


def test_hostile_titles_and_notes_act_nowhere(make_run, tmp_path):
    hostile = "</script><img src=x onerror=alert(1)> `# | {0}"
    best = make_run("one", title=hostile)
    best.append_note(hostile)
    page = account(tmp_path, best.path, best=best.path, form="html")
    assert "<img" not in page
    text = account(tmp_path, best.path, best=best.path)
    outside = "".join(text.split("```")[::2])
    assert "<img" not in outside.replace("\\<img", "")


def test_an_account_of_a_run_of_an_earlier_version_is_made(make_run, tmp_path):
    run = make_run("one")
    values = run.resolved()
    del values["recipe"]["stopping"]
    (run.path / "resolved.json").write_text(json.dumps(values))
    assert account(tmp_path, run.path, best=run.path)
