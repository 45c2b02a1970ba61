"""The imports that a text needs, in the order in which ruff sorts them."""

import re
from collections.abc import Mapping

# What is looked for, and where it comes from; "" is the module itself.
_KNOWN = (
    (r"\bargparse\.", "argparse", ""),
    (r"\bmath\.", "math", ""),
    (r"\bzlib\.", "zlib", ""),
    (r"\bOrderedDict\(", "collections", "OrderedDict"),
    (r"\bCallable\[", "collections.abc", "Callable"),
    (r"\bIterable\[", "collections.abc", "Iterable"),
    (r"\bMapping\[", "collections.abc", "Mapping"),
    (r"\bSequence\[", "collections.abc", "Sequence"),
    (r"\bdeepcopy\(", "copy", "deepcopy"),
    (r"\bfnmatchcase\(", "fnmatch", "fnmatchcase"),
    (r"\bpartial\(", "functools", "partial"),
    (r"\bPath\(", "pathlib", "Path"),
    (r"\bBadZipFile\b", "zipfile", "BadZipFile"),
    (r"\bAny\b", "typing", "Any"),
    (r"\bLiteral\[", "typing", "Literal"),
    (r"\bnp\.", "numpy", "as np"),
    (r"\bSafetensorError\b", "safetensors", "SafetensorError"),
    (r"\boptax\.", "optax", ""),
    (r"\bhk\.", "haiku", "as hk"),
    (r"\bjax\.", "jax", ""),
    (r"\bjnp\.", "jax.numpy", "as jnp"),
    (r"\bArray\b", "jax", "Array"),
    (r"\blax\.", "jax", "lax"),
    (r"\btorch\.", "torch", ""),
    (r"\bF\.", "torch.nn.functional", "as F"),
    (r"\bNDArray\[", "numpy.typing", "NDArray"),
    (r"\bImage\.", "PIL", "Image"),
    (r"\bImageOps\.", "PIL", "ImageOps"),
    (r"\bTensor\b", "torch", "Tensor"),
    (r"\bnn\.", "torch", "nn"),
    (r"\bLambdaLR\(", "torch.optim.lr_scheduler", "LambdaLR"),
)
_OF_PYTHON = {
    "argparse",
    "collections",
    "copy",
    "fnmatch",
    "functools",
    "math",
    "pathlib",
    "typing",
    "zipfile",
    "zlib",
}


def imports_of(text: str, others: Mapping[str, tuple[str, ...]]) -> str:
    r"""The import lines of a module with this text; `others` are names by their module, as given.

    >>> print(imports_of("x = np.zeros(3)\nw: Tensor = torch.ones(3)", {}))
    import numpy as np
    import torch
    from torch import Tensor
    """
    whole: set[tuple[str, str]] = set()
    names: dict[str, set[str]] = {module: set(given) for module, given in others.items()}
    code = re.sub(r'"""[\s\S]*?"""|#.*', "", text)
    for pattern, module, name in _KNOWN:
        if not re.search(rf"(?<!\.){pattern}", code):
            continue
        if name and not name.startswith("as "):
            names.setdefault(module, set()).add(name)
        else:
            whole.add((module, name))
    parts = []
    for python in (True, False):
        lines = [
            f"import {module} {name}".rstrip()
            for module, name in sorted(whole)
            if _is_python(module) == python
        ]
        lines += [
            f"from {module} import {', '.join(sorted(found, key=_order))}"
            for module, found in sorted(names.items(), key=lambda item: item[0].lower())
            if _is_python(module) == python
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(part for part in parts if part)


def _is_python(module: str) -> bool:
    return module.partition(".")[0] in _OF_PYTHON


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)
