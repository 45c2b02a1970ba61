"""Makes the exercises of lessons/exercises/ from their solutions, each with gaps to fill.

    python scripts/exercises.py            writes them
    python scripts/exercises.py --check    exits 1 if one is out of date

What a learner is to write stands in a solution between two comments, by nbgrader's convention:

    ### BEGIN SOLUTION: the loss of one image
    return -log_softmax(network(weights, image))[label]
    ### END SOLUTION

In the exercise there stands `raise NotImplementedError("the loss of one image")` instead. An
exercise that has no solution is removed. For nbgrader itself, make notebooks with jupytext and mark
their cells.
https://nbgrader.readthedocs.io/en/stable/configuration/student_version.html
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = ROOT / "lessons" / "exercises"
SOLUTIONS = EXERCISES / "solutions"
BEGIN = re.compile(r"(\s*)### BEGIN SOLUTION(?:: (.+))?$")
END = re.compile(r"\s*### END SOLUTION$")


def with_gaps(solution: str, name: str) -> str:
    """The text of an exercise; SystemExit that names the file and the line of a wrong mark."""
    lines, begun = [], 0
    for number, line in enumerate(solution.splitlines(), 1):
        if found := BEGIN.match(line):
            indent, task = found.groups()
            if begun:
                _refuse(name, number, f"the solution of line {begun} has no END SOLUTION")
            if not task or '"' in task:
                _refuse(name, number, "write 'BEGIN SOLUTION: what is to be written', without \"")
            lines.append(f'{indent}raise NotImplementedError("{task}")')
            begun = number
        elif END.match(line):
            if not begun:
                _refuse(name, number, "END SOLUTION ends nothing: write BEGIN SOLUTION above")
            begun = 0
        elif not begun:
            lines.append(line)
    if begun:
        _refuse(name, begun, "this solution has no END SOLUTION")
    return "\n".join(lines) + "\n"


def _refuse(name: str, line: int, why: str) -> None:
    raise SystemExit(f"{name}, line {line}: {why}")


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(f"{' '.join(arguments)}: there is --check alone", file=sys.stderr)
        return 2
    made = {
        EXERCISES / path.name: with_gaps(path.read_text(encoding="utf-8"), path.name)
        for path in sorted(SOLUTIONS.glob("*.py"))
    }
    there = {path: path.read_text(encoding="utf-8") for path in EXERCISES.glob("*.py")}
    if not arguments:
        for path in there.keys() - made.keys():
            path.unlink()
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    if there == made:
        return 0
    print("lessons/exercises/ is out of date: run 'make exercises'", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
