"""A solution runs to its end, its exercise has gaps where it has answers, and mistakes are told.

Each is run in this process and in an empty folder, as `python FILE` would run it.
"""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from imagette import ImagetteError

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "exercises.py"
EXERCISES = ROOT / "lessons" / "exercises"
SOLUTIONS = sorted((EXERCISES / "solutions").glob("*.py"))
GAP = re.compile(r"^ *### BEGIN SOLUTION: (.+)$", re.MULTILINE)

SUMMED = "jax.grad(lambda w, x, y: sum(loss(w, *one) for one in zip(x, y)))"
BACKWARDS = "(weights, images[::-1], labels[::-1])\n"
LOSS = "-jax.nn.log_softmax(network(weights, image))[label]"
MOVED = "value - rate * each[name].mean(0) for name, value in weights.items()"
NEW = f"{{name: {MOVED}}}"
EACH = "jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))"
FIRST = "for name in weights:\n        return {name: weights[name] - rate * each[name].mean(0)}"

# exercise, a right line, a wrong one for it, what the student is told
MISTAKES = (
    ("000_gradients", "image))[label]", "image))", "loss gives one number, not an array"),
    ("000_gradients", "return -jax", "return jax", "image 0's loss is"),
    ("000_gradients", "return -jax", "-jax", "loss gives nothing: is there a return"),
    ("000_gradients", "image))[label]", "image))[labels[0]]", "image 1's loss is"),
    ("000_gradients", "return jax.vmap", "jax.vmap", "gradients_of_each gives nothing"),
    ("000_gradients", "return {name: value", "{name: value", "updated gives nothing"),
    ("000_gradients", "(weights, images, labels)\n", BACKWARDS, "the gradient of image 2 alone"),
    ("000_gradients", EACH, SUMMED, "have the shapes"),
    ("000_gradients", LOSS, f"float({LOSS})", "jax cannot differentiate this loss"),
    ("000_gradients", ", in_axes=(None, 0, 0))", ")", "is it vmap with in_axes=(None, 0, 0)?"),
    ("000_gradients", EACH, "jax.grad(loss)", "a batch"),
    ("000_gradients", "jax.grad(loss), in", "loss, in", "by the names of the weights, a dict, not"),
    ("000_gradients", "each[name].mean(0)", "each[name].sum(0)", "ones less 0.5 times the mean"),
    ("000_gradients", NEW, f"[{MOVED}]", "it gives what it was given"),
    ("000_gradients", f"return {NEW}", FIRST, "all weights move, w and b, not ['w']"),
    ("000_gradients", f"return {NEW}", "return weights - rate * each", "take them name by name"),
    ("001_budget", "linear 64", "linear 640", "are more than 250,000"),
    ("001_budget", "dropout 0.2", "dropout 0.1", "has a higher rate than the one before"),
    ("001_budget", "dropout 0.05", "dropout 0.0", "a dropout of 0 leaves nothing out"),
    ("001_budget", 'return """', '"""', "network_text() gives nothing: is there a return?"),
    ("001_budget", 'return """', 'return 8, """', "which is no text"),
    ("001_budget", 'return ["flip"]', 'return "flip"', "gives 'flip', which is no list"),
    ("001_budget", 'return ["flip"]', "return []", "gives an empty list: name one at least"),
    ("001_budget", 'return ["flip"]', 'return ["flop"]', "flip"),
)


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("exercises")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a text from top to bottom, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(text):
        path = tmp_path / "exercise.py"
        path.write_text(text, encoding="utf-8")
        return runpy.run_path(str(path), run_name="__main__")

    return run


def text_of(name):
    return (EXERCISES / "solutions" / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_runs_to_its_end(path, run):  # 000-23
    assert 0.6 < run(path.read_text(encoding="utf-8"))["reached"] < 1


def test_every_exercise_is_made_of_its_solution():  # 000-23
    assert [path.stem[:3] for path in SOLUTIONS] == ["000", "001"]
    command = [sys.executable, str(SCRIPT), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_an_exercise_stops_at_its_first_gap_and_says_what_is_to_be_written(path, run):  # 000-23
    exercise = (EXERCISES / path.name).read_text(encoding="utf-8")
    gaps = GAP.findall(path.read_text(encoding="utf-8"))
    assert [f'raise NotImplementedError("{gap}")' in exercise for gap in gaps] == [True] * len(gaps)
    assert len(gaps) > 1
    with pytest.raises(NotImplementedError, match=f"^{re.escape(gaps[0])}$"):
        run(exercise)


@pytest.mark.parametrize(("name", "right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_told_in_one_line(name, right, wrong, told, run):  # 000-23
    before, found, after = text_of(name).partition(right)
    assert found
    with pytest.raises((AssertionError, ImagetteError), match=re.escape(told)) as caught:
        run(before + wrong + after)
    assert "\n" not in str(caught.value)
    assert "train" not in [entry.name for entry in caught.traceback], "told where it was made"


def test_marks_are_replaced_where_they_stand(script):
    solution = (
        "def f():\n    ### BEGIN SOLUTION: two\n    x = 1\n    return 2\n    ### END SOLUTION\n"
    )
    assert script.with_gaps(solution, "a.py") == 'def f():\n    raise NotImplementedError("two")\n'


@pytest.mark.parametrize(
    ("solution", "told"),
    [
        ("### BEGIN SOLUTION: a\n", "a.py, line 1: this solution has no END SOLUTION"),
        ("\n### END SOLUTION\n", "a.py, line 2: END SOLUTION ends nothing"),
        ("### BEGIN SOLUTION\n", "a.py, line 1: write 'BEGIN SOLUTION: what is to be written'"),
        (
            "### BEGIN SOLUTION: a\n### BEGIN SOLUTION: b\n",
            "a.py, line 2: the solution of line 1 has no END SOLUTION",
        ),
    ],
)
def test_a_wrong_mark_is_refused_with_its_line(script, solution, told):
    with pytest.raises(SystemExit, match=f"^{re.escape(told)}"):
        script.with_gaps(solution, "a.py")


def test_an_exercise_that_is_old_is_told(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(script, "EXERCISES", tmp_path)
    assert script.main(["--check"]) == 1
    assert capsys.readouterr().err == "lessons/exercises/ is out of date: run 'make exercises'\n"
    assert script.main(["--chekc"]) == 2
    (tmp_path / "009_gone.py").touch()
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in SOLUTIONS]
