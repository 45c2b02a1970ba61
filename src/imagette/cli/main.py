"""The command line: commands by name, and every ending turned into one line and an exit code."""

import io
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from shutil import get_terminal_size
from time import perf_counter
from typing import Annotated

import typer

from imagette.cli.output import forget_the_output
from imagette.errors import ImagetteError
from imagette.machine import process_began
from imagette.plain import legible, plain, short

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """What the top-level help says of a command, and where its function or sub-application is."""

    summary: str
    target: str  # "module:attribute", imported only when the command is called


COMMANDS = {
    "train": Command("Train a network and keep the run in a folder.", "imagette.cli.train:train"),
    "describe": Command(
        "Show every tensor, parameter and operation of a network.", "imagette.cli.describe:describe"
    ),
    "evaluate": Command(
        "Measure a trained run on one of its splits.", "imagette.cli.evaluate:evaluate"
    ),
    "predict": Command(
        "Say what a trained network sees in pictures of your own.", "imagette.cli.predict:predict"
    ),
    "activations": Command(
        "Draw where a trained network looks.", "imagette.cli.activations:activations"
    ),
    "dissect": Command(
        "Show every value for one image, and work one out by hand.",
        "imagette.cli.dissect:dissect",
    ),
    "compare": Command(
        "Show runs side by side, with the difference between variants.",
        "imagette.cli.compare:compare",
    ),
    "report": Command(
        "Write the page of a run: one HTML file with all that is known of it.",
        "imagette.cli.report:report",
    ),
    "plan": Command(
        "Say what a training would take, and what a time budget buys.", "imagette.cli.plan:plan"
    ),
    "rates": Command(
        "Find a learning rate: where the loss falls, where it breaks.", "imagette.cli.rates:rates"
    ),
    "profile": Command(
        "Measure a network's speed here, and where its time goes.", "imagette.cli.profile:profile"
    ),
    "parity": Command(
        "Say whether the two engines compute the same.", "imagette.cli.parity:parity"
    ),
    "reproduce": Command(
        "Train a run again and say whether it comes out the same.",
        "imagette.cli.reproduce:reproduce_command",
    ),
    "export": Command(
        "Write a trained network in other formats, each checked.", "imagette.cli.export:export"
    ),
    "runs": Command("List, show and remove runs.", "imagette.cli.runs:app"),
    "note": Command("Add a note to a run.", "imagette.cli.note:note"),
    "track": Command(
        "Tell TensorBoard or W&B of a run, live or afterwards.", "imagette.cli.track:track"
    ),
    "sweep": Command(
        "Train the variants of an experiment, and go on where it stopped.",
        "imagette.cli.sweep:sweep",
    ),
    "data": Command("List, get, show and check data sets.", "imagette.cli.data:app"),
    "schema": Command(
        "Print the JSON schema of an experiment, for editors.", "imagette.cli.schema:schema"
    ),
    "doctor": Command(
        "Say what this machine has, and what is missing.", "imagette.cli.doctor:doctor"
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised, whatever happens.

    A command's time begins with its process, or at the call where the words are given.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    began = process_began() if arguments is None else perf_counter()
    _never_fail_on_a_character()
    try:
        code = _run(words, began)
        print(end="", flush=True)  # so that a full disk or a reader gone is noticed here
        return code
    except BrokenPipeError:
        forget_the_output()
        return 0
    except SystemExit as ended:  # typer's, with code 1, where it sees the reader go
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        forget_the_output()
        return 0
    except KeyboardInterrupt:
        return _say("stopped by Ctrl-C", INTERRUPTED)
    except Exception as error:
        return _tell(error, debug="--debug" in _before_the_command(words))


def application(commands: Sequence[str]) -> typer.Typer:
    """The whole application, in which only the `commands` given are imported."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,  # plain help: no import of rich, and no boxes at 40 columns
        context_settings={
            "help_option_names": ["-h", "--help"],
            "terminal_width": max(30, min(80, get_terminal_size().columns) - 2),
        },
    )
    app.callback(invoke_without_command=True, epilog="Example: imagette train")(_root)
    for name, command in COMMANDS.items():
        if name in commands:
            _register(app, name, command)
        else:
            app.command(name, help=command.summary)(_not_imported)
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Train, explain, compare and ship small image classifiers."""
    del debug  # read in `main`, which must know it even when the words don't parse
    if version:
        from importlib import metadata

        print(f"imagette {metadata.version('imagette')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def _not_imported() -> None:
    """Stands in the help for a command that was not called."""


def _register(app: typer.Typer, name: str, command: Command) -> None:
    module, attribute = command.target.split(":")
    found: typer.Typer | Callable[..., None] = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name, help=command.summary, no_args_is_help=False)
    else:
        app.command(name)(found)


def _before_the_command(words: Sequence[str]) -> list[str]:
    """The leading options; none of them takes a value, so the first other word is the command."""
    first = next((i for i, word in enumerate(words) if not word.startswith("-")), len(words))
    return list(words[:first])


def _run(words: list[str], began: float) -> int:
    called = words[len(_before_the_command(words)) :][:1]
    command = typer.main.get_command(application(called))
    code = command.main(args=words, prog_name="imagette", standalone_mode=False, obj=began)
    return code if isinstance(code, int) else 0


def _tell(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    if isinstance(error, ImagetteError):
        return _say(str(error), error.exit_code)
    if isinstance(error, typer.TyperException):
        return _say(f"{_sentence(error.format_message())}{_help_hint(error)}", error.exit_code)
    if isinstance(error, typer.Abort):
        return _say("stopped", 1)
    if isinstance(error, UnicodeEncodeError) and error.encoding != "utf-8":
        return _say(
            f"{short(error.object, 60)!r} cannot name a file in this locale, which knows "
            f"{error.encoding} alone: set PYTHONUTF8=1, or LC_ALL=C.UTF-8",
            2,
        )
    hint = "" if debug else " (imagette --debug COMMAND... shows where)"
    return _say(f"{type(error).__name__}: {' '.join(str(error).split())}{hint}", 1)


def _sentence(message: str) -> str:
    """As we write them: in one line, without the kind of the error, and with a stop."""
    told = " ".join(message.replace("Value error, ", "").split())
    return told if told.endswith((".", "?", "!")) else f"{told}."


def _say(message: str, code: int) -> int:
    told = "\n".join(map(plain, legible(message).split("\n")))
    print(f"imagette: error: {told}", file=sys.stderr)
    return code


def _help_hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)  # only a mistake in the words of a command has one
    return f" See '{context.command_path} --help'." if context is not None else ""


def _never_fail_on_a_character() -> None:
    """Where the terminal cannot show a character, `?` is shown: better than no answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
