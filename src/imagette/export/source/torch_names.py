"""What a network's weights are called as parameters of PyTorch's modules."""

from collections.abc import Iterable, Mapping
from keyword import iskeyword

from imagette.export.source.structure import Item, Leaf

# Of nn.Module, nn.Sequential and nn.ModuleList: an attribute of such a name would hide it.
_TAKEN = """
T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda
double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half insert ipu load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters pop register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""
TAKEN = frozenset(_TAKEN.split())
_BLOCKS = {"shortcut"}  # of a residual, beside the layers of its body

_STATISTICS = {"batchnorm": {"mean": "running_mean", "var": "running_var"}}


def attribute_names(items: Iterable[Item]) -> dict[str, str]:
    """What each layer of a block is called as an attribute: its name, unless Python minds.

    >>> from imagette import parse, walk
    >>> from imagette.export.source.structure import structure
    >>> network = parse("flatten; linear 3 name=my-head; linear classes")
    >>> attribute_names(structure(network, walk(network, (1, 2, 2))))
    {'flatten1': 'flatten1', 'my-head': 'my_head', 'linear2': 'linear2'}
    """
    found: dict[str, str] = {}
    for item in items:
        name = item.name.replace("-", "_")
        if name in TAKEN | _BLOCKS or iskeyword(name):
            name += "_"
        while name in found.values():
            name += "_"
        found[item.name] = name
    return found


def parameter_names(items: tuple[Item, ...]) -> dict[str, str]:
    """The path of every layer to that of its module."""
    return dict(_paths(items, ""))


def state_name(weight: str, paths: Mapping[str, str], word: str) -> str:
    """The name in a state dict of a weight ("conv1.weight") of a layer of this kind."""
    path, _, last = weight.rpartition(".")
    return f"{paths[path]}.{_STATISTICS.get(word, {}).get(last, last)}"


def _paths(items: tuple[Item, ...], prefix: str) -> Iterable[tuple[str, str]]:
    names = attribute_names(items)
    for item in items:
        path = prefix + names[item.name]
        if isinstance(item, Leaf):
            yield item.path, path
        else:
            for key, block in item.blocks.items():
                yield from _paths(block, f"{path}.{key}")
