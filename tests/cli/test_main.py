import os
import subprocess
import sys
import types

import pytest
import typer

from imagette.cli import main as cli
from imagette.errors import DataError, UsageError


@pytest.fixture
def commands(monkeypatch):
    """Made-up commands in place of the real ones: name to function or sub-application."""

    def register(**found):
        module = types.ModuleType("made_up_commands")
        vars(module).update(found)
        monkeypatch.setitem(sys.modules, "made_up_commands", module)
        table = {name: cli.Command(f"Do {name}.", f"made_up_commands:{name}") for name in found}
        monkeypatch.setattr(cli, "COMMANDS", table)

    return register


def raising(error):
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("Unknown network 'lenet6'."), 2, "Unknown network 'lenet6'."),
        (DataError("mnist: wrong digest."), 1, "mnist: wrong digest."),
        (typer.Abort(), 1, "stopped"),
        (ZeroDivisionError("x\ny"), 1, "ZeroDivisionError: x y (imagette --debug COMMAND... "),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(commands, capsys, error, code, line):
    commands(fail=raising(error))
    assert cli.main(["fail"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"imagette: error: {line}")
    assert said.err.count("\n") == 1


def test_debug_shows_the_traceback_too(commands, capsys):
    commands(fail=raising(ZeroDivisionError("here")))
    assert cli.main(["--debug", "fail"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("imagette: error: ZeroDivisionError: here\n")


def test_ctrl_c_ends_with_130(commands, capsys):
    commands(fail=raising(KeyboardInterrupt()))
    assert cli.main(["fail"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("code", [0, 1, 75])
def test_a_command_may_choose_its_exit_code(commands, code):
    commands(end=raising(typer.Exit(code)))
    assert cli.main(["end"]) == code


def test_a_command_is_imported_only_when_called(commands, capsys):
    commands(there=lambda: print("here"))
    cli.COMMANDS["absent"] = cli.Command("Not installed.", "no_such_module:absent")
    assert cli.main(["there"]) == 0
    assert cli.main(["--help"]) == 0
    assert "absent  Not installed." in capsys.readouterr().out
    assert cli.main(["absent"]) == 1


def test_a_sub_application_keeps_its_own_commands(commands, capsys):
    app = typer.Typer(no_args_is_help=True)
    app.command("list")(lambda: print("a b"))
    app.command("get")(lambda: print("got"))
    commands(data=app)
    assert cli.main(["data", "list"]) == 0
    assert capsys.readouterr().out == "a b\n"
    assert cli.main(["data"]) == 2
    assert capsys.readouterr().err == (
        "imagette: error: Missing command. See 'imagette data --help'.\n"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["trian"], "No such command 'trian'. Did you mean 'train'? See 'imagette --help'."),
        (["train", "--x"], "No such option: --x. See 'imagette train --help'."),
        (["--x"], "No such option: --x. See 'imagette --help'."),
    ],
)
def test_a_mistake_in_the_words_is_one_line_and_2(commands, capsys, words, line):
    commands(train=lambda: None)
    assert cli.main(words) == 2
    assert capsys.readouterr().err == f"imagette: error: {line}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "r", "--split", "tset"], "'tset' is not one of 'train', 'validation', 't"),
        (["report", "r", "--format", "pdf"], "'pdf' is not one of 'html', 'md'. See 'imagette r"),
        (["activations", "r", "--images", "0"], "equal to 1. See 'imagette activations --help'."),
    ],
)
def test_a_value_that_cannot_be_is_told_in_sentences(capsys, words, message):
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Value error" not in said


def test_without_words_the_help_is_shown(capsys):
    assert cli.main([]) == 0
    assert capsys.readouterr().out.startswith("Usage: imagette ")


def test_the_version_is_shown(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("imagette 0.")


@pytest.mark.parametrize(
    "environment",
    [{"COLUMNS": "40"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"TERM": "dumb"}],
    ids=str,
)
def test_any_terminal_and_locale_will_do(environment):
    command = [sys.executable, "-m", "imagette", "--help"]
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, **environment}, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("columns", [1, 40, 80, 200])
def test_the_help_keeps_within_the_terminal(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    cli.main(["--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= max(30, columns)


def test_a_character_that_the_terminal_lacks_becomes_a_question_mark(commands):
    code = "import sys; from imagette.cli.main import main; sys.exit(main(['µ']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 2
    assert done.stderr == b"imagette: error: No such command '?'. See 'imagette --help'.\n"


def test_a_reader_that_leaves_early_hears_no_complaint():
    command = f"{sys.executable} -m imagette --help | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert done.stderr == b""


@pytest.mark.parametrize("words", [["schema"], ["describe", "resnet20"]], ids=" ".join)
def test_a_reader_that_leaves_early_is_no_failure(words):
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "imagette", *words]
    done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
