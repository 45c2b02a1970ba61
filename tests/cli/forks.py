"""A process that has imported the commands once, and forks for each command line that it reads.

Its environment, locale and home among it, is that of all of them. One JSON object a line comes in:
`words`, the folder to be in, `columns` of a terminal, or 0 for a reader who has left already. One
goes out: `code`, `out`, `err`.
"""

import fcntl
import json
import os
import pkgutil
import struct
import sys
import termios
from importlib import import_module
from pathlib import Path

import imagette.cli
import imagette.report
import imagette.run
from imagette.cli.main import main

# What commands import when they are called, and a fork has already.
HEAVY = ("imagette.engines.with_torch.model", "torch._dynamo", "imagette.engines.with_jax.model")


def terminal(columns: int) -> tuple[int, int]:
    """What is written to the second can be read from the first."""
    mine, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return mine, its


def everything(descriptor: int) -> bytes:
    read = b""
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError:  # how a terminal tells its end
            return read
        if not part:
            return read
        read += part


def run(words: list[str], folder: str, out: int, err: int) -> None:
    """In the child: the words as a shell hands them over, and never back."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(folder)
    sys.argv = ["imagette", *words]
    code = 70
    try:
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def answer(words: list[str], folder: str, columns: int) -> dict[str, int | str]:
    if columns:
        mine, out = terminal(columns)
    else:
        mine, out = os.pipe()
        os.close(mine)
    errors = os.memfd_create("errors")
    child = os.fork()
    if not child:
        run(
            [os.fsdecode(word.encode()) for word in words],
            os.fsdecode(folder.encode()),
            out,
            errors,
        )
    os.close(out)
    printed = b""
    if columns:
        printed = everything(mine)
        os.close(mine)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.lseek(errors, 0, os.SEEK_SET)
    said = everything(errors)
    os.close(errors)
    return {
        "code": code,
        "out": printed.decode(errors="replace"),
        "err": said.decode(errors="replace"),
    }


for package in (imagette.cli, imagette.run, imagette.report):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        import_module(found.name)
for name in HEAVY:
    import_module(name)
print(json.dumps({"ready": Path(__file__).name}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line))), flush=True)
