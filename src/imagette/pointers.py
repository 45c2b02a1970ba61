"""Code of one's own, found by a text such as "mine.py:make": loaded, called and copied.

Code runs only because the user named it, so nothing here guards against what it does.
"""

import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType, ModuleType
from typing import Any

from imagette.errors import ImagetteError, UsageError, nearest

_MOST_CHOICES = 20
_SOURCE = "__imagette_source__"  # where a module keeps the bytes that it was made from


def resolve_pointer(pointer: str, base: Path | None = None) -> object:
    """The object that "module:name" or "path/to/file.py:name" stands for.

    Files are looked for in `base` (the experiment's folder), then in the working folder; a module
    there as MODULE.py, else wherever Python imports from. A file may import its neighbours. `name`
    may have dots. A file is run once, and again when its text has changed. Raises UsageError naming
    the pointer and what is missing, or what the file raised and in which line.

    >>> resolve_pointer("collections:OrderedDict").__name__
    'OrderedDict'
    """
    place, name = _parts(pointer)
    found: object = _module(place, pointer, _folders(base))
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(f"'{pointer}': '{place}' has no '{name}'. {_choices(part, found)}")
        found = getattr(found, part)
    return found


def call_pointer(
    pointer: str,
    args: Mapping[str, Any],
    base: Path | None = None,
    given: Sequence[Any] = (),
    offered: Mapping[str, Any] = MappingProxyType({}),
) -> object:
    """What the class or function behind `pointer` returns for these arguments.

    `given` are values that imagette puts first, `offered` those that it passes by name, `args`
    those that the experiment names. Raises UsageError for what cannot be called, for an argument
    that it lacks or does not know, and for what it raises itself.

    >>> call_pointer("fractions:Fraction", {"numerator": 3})
    Fraction(3, 1)
    """
    made_by = resolve_pointer(pointer, base)
    if not callable(made_by):
        raise UsageError(
            f"'{pointer}' must be a class or a function. Got a {type(made_by).__name__}."
        )
    _check_arguments(made_by, pointer, args, given, offered)
    with told_in_one_line(f"'{pointer}' raised"):
        return made_by(*given, **args, **offered)


def parameters_of(pointer: str, base: Path | None = None) -> tuple[str, ...]:
    """The names that the class or function behind `pointer` gives its parameters; it is not called.

    >>> parameters_of("difflib:get_close_matches")
    ('word', 'possibilities', 'n', 'cutoff')
    """
    found: Any = resolve_pointer(pointer, base)
    # The metaclass of some libraries' modules hides what their __init__ takes.
    asked = (found, found.__init__) if inspect.isclass(found) else (found,)
    names = [name for function in asked for name in _parameters(function)]
    return tuple(dict.fromkeys(names))


@contextmanager
def told_in_one_line(what: str) -> Iterator[None]:
    """Turns whatever the user's code raises into a UsageError: `what`, the exception, its line.

    An error of imagette's own is told in one line as it is.
    """
    try:
        yield
    except ImagetteError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"{what} {said(error)}") from error


def said(error: BaseException) -> str:
    r"""An exception in one line, with the last line of code that is not of a library.

    >>> said(ValueError("bad\nvalue"))
    'ValueError: bad value.'
    """
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    text = " ".join(f"{type(error).__name__}: {message}".split()).rstrip(".:")
    where = _where(error)
    return f"{text} ({where})." if where else f"{text}."


def source_of(thing: object) -> tuple[str, bytes] | None:
    """Name and content of the file that defines a function, a class or an object's class.

    The content is what was run, even if the file has changed since. Of what was typed into a
    notebook its own text, as NAME.py. None for what has no Python source.

    >>> source_of(get_close_matches)[0]
    'difflib.py'
    >>> source_of(len) is None
    True
    """
    while isinstance(thing, partial):
        thing = thing.func
    thing = inspect.unwrap(thing) if callable(thing) else thing
    known = inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing)
    definition: Any = thing if known else type(thing)
    module = inspect.getmodule(definition)
    try:
        path = Path(inspect.getsourcefile(definition) or "")
        if (kept := getattr(module, _SOURCE, None)) is not None:
            return path.name, kept
        if path.is_file():
            return path.name, path.read_bytes()
        return f"{definition.__name__}.py", inspect.getsource(definition).encode()
    except (TypeError, OSError):
        return None


def absolute_pointer(pointer: str, folders: Sequence[Path]) -> str:
    """The pointer by the full path of its file, the first found in `folders`; else as it is.

    >>> absolute_pointer("collections:OrderedDict", [])
    'collections:OrderedDict'
    """
    place, name = _parts(pointer)
    found = _file(place, tuple(folder.resolve() for folder in folders))
    return f"{found}:{name}" if found else pointer


def source_of_pointer(pointer: str, base: Path | None = None) -> tuple[str, bytes] | None:
    """Name and content of the file that `pointer` leads to; nothing of it is run.

    None for a module without Python source. Of "package.module:name" the package is imported, to
    learn where it lies. Raises UsageError as `resolve_pointer` does.
    """
    place, _ = _parts(pointer)
    folders = _folders(base)
    path = _file(place, folders)
    if path is None and not place.endswith(".py"):
        _let_import_from(*folders)
        with told_in_one_line(f"'{pointer}': importing '{place}' raised"):
            try:
                found = importlib.util.find_spec(place)
            except ModuleNotFoundError:
                found = None
        if found is not None:
            origin = Path(found.origin or "")
            return (origin.name, origin.read_bytes()) if origin.suffix == ".py" else None
    if path is None:
        raise _missing(place, pointer, folders)
    return path.name, _content(path, pointer)


def _parameters(function: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters) if callable(function) else ()
    except (TypeError, ValueError):  # written in C
        return ()


def _check_arguments(
    made_by: Callable[..., object],
    pointer: str,
    args: Mapping[str, Any],
    given: Sequence[Any],
    offered: Mapping[str, Any],
) -> None:
    try:
        signature = inspect.signature(made_by)
    except (TypeError, ValueError):  # written in C: no signature to ask, so it will say itself
        return
    try:
        signature.bind(*given, **args, **offered)
    except TypeError as error:
        raise UsageError(
            f"'{pointer}' cannot be called with args {_listed(args)}: {error}. "
            f"It is {pointer.rpartition(':')[2]}{signature}."
        ) from None


def _parts(pointer: str) -> tuple[str, str]:
    place, _, name = pointer.rpartition(":")
    if not place or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"Python code is named 'module:name' or 'path/to/file.py:name'. Got '{pointer}'."
        )
    return place, name


def _folders(base: Path | None) -> tuple[Path, ...]:
    """Where files of one's own are looked for, each once."""
    return tuple(dict.fromkeys(path.resolve() for path in (base or Path(), Path())))


def _file(place: str, folders: tuple[Path, ...]) -> Path | None:
    """The file of one's own that `place` names, a file or a module; None if there is none."""
    relative = Path(place if place.endswith(".py") else f"{place}.py").expanduser()
    return next((folder / relative for folder in folders if (folder / relative).is_file()), None)


def _module(place: str, pointer: str, folders: tuple[Path, ...]) -> ModuleType:
    found = _file(place, folders)
    if found:
        return _loaded(found, pointer)
    if place.endswith(".py"):
        raise _missing(place, pointer, folders)
    _let_import_from(*folders)
    try:
        with told_in_one_line(f"'{pointer}': importing '{place}' raised"):
            return importlib.import_module(place)
    except UsageError as error:
        cause = error.__cause__
        absent = cause.name if isinstance(cause, ModuleNotFoundError) else None
        if absent and f"{place}.".startswith(f"{absent}."):
            raise _missing(place, pointer, folders) from None
        raise


def _loaded(path: Path, pointer: str) -> ModuleType:
    """The module of a file; the same one for every pointer, as long as the text is the same."""
    content = _content(path, pointer)
    mark = hashlib.sha256(os.fsencode(path) + b"\n" + content).hexdigest()[:16]
    name = f"{path.stem}_{mark}"
    if name in sys.modules:
        return sys.modules[name]
    _let_import_from(path.parent)
    module = ModuleType(name)
    module.__file__ = str(path)
    setattr(module, _SOURCE, content)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up
    try:
        with told_in_one_line(f"'{pointer}': running {path.name} raised"):
            exec(compile(content, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _content(path: Path, pointer: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"'{pointer}': {path} cannot be read: {error.strerror}.") from None


def _let_import_from(*folders: Path) -> None:
    """Last in the path, so that no neighbour hides a library; for good, since code imports late."""
    sys.path.extend(str(folder) for folder in folders if str(folder) not in sys.path)
    importlib.invalidate_caches()


def _missing(place: str, pointer: str, folders: tuple[Path, ...]) -> UsageError:
    suffix = ".py" if place.endswith(".py") else ""
    beside = [f"{path.stem}{suffix}" for folder in folders for path in folder.glob("*.py")]
    kind, close = "file" if suffix else "module", get_close_matches(place, beside, n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    looked = ", ".join(map(str, folders))
    return UsageError(f"'{pointer}': no {kind} '{place}' is there. {hint}Looked in {looked}.")


def _choices(name: str, owner: object) -> str:
    """The near miss; all names too where they are few."""
    names = [
        key
        for key, value in getattr(owner, "__dict__", {}).items()
        if not key.startswith("_") and not inspect.ismodule(value)
    ]
    if len(names) > _MOST_CHOICES:
        names = get_close_matches(name, names)
    return nearest(name, names) if names else "It has nothing of a similar name."


def _listed(args: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key} = {value!r}" for key, value in args.items()) + "}"


def _where(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}, line {error.lineno}"
    own = [frame for frame in extract_tb(error.__traceback__) if not _of_a_library(frame.filename)]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def _of_a_library(filename: str) -> bool:
    standard = str(Path(inspect.__file__).parent)
    here = str(Path(__file__).parent)
    return filename.startswith((standard, here, "<frozen")) or "-packages" in filename
