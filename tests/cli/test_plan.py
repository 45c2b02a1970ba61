import json

from imagette.cli import main as cli

SMALL = ["first_light", "--set", "data.limit=500", "--seconds", "0.1"]


def test_it_says_what_a_budget_buys(capsys):  # 001-33
    words = ["--set", "budget.minutes=1", "--set", "recipe.epochs=budget"]
    assert cli.main(["plan", *SMALL, *words, "--set", "budget.parameters=6000"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [
        *("plan", "engine", "budget", "set-up", "step", "epoch", "epochs", "work", "end"),
    ]
    assert "5,994 of 6,000 trainable parameters" in said[2]
    assert "in 1 min: " in said[6]
    assert all(len(line) <= 100 for line in said)


def test_it_prints_values(capsys):
    assert cli.main(["plan", *SMALL, "--set", "budget.parameters=6000", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["steps"] == 40
    assert values["limits"] == [{"limit": "parameters", "most": 6000, "has": 5994}]


def test_a_mistake_is_one_line_and_exit_code_2(capsys):
    assert cli.main(["plan", "first_light", "--set", "budget.minutes=0"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "imagette: error: first_light: 'budget.minutes' must be greater than 0. Got 0.\n"
    )


def test_the_engine_is_a_flag(capsys):
    assert cli.main(["plan", *SMALL, "--engine", "jax", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["device"].startswith("jax ")


def test_what_is_measured_is_told_with_its_rule(capsys):
    auto = ["--set", "engine.precision=auto", "--set", "engine.threads=1"]
    assert cli.main(["plan", *SMALL, *auto]) == 0
    said = capsys.readouterr().out.splitlines()
    begin = next(i for i, line in enumerate(said) if line.startswith("decided  precision = "))
    told = " ".join(line.strip() for line in said[begin : begin + 3])
    assert said[1].rpartition(", ")[2] == told.split()[3].rstrip(":")  # the engine is that
    assert " times as fast; taken from 1.1 times on" in told
    assert max(map(len, said)) <= 100
