from torch import nn

from imagette.export.source.torch_names import TAKEN


def test_no_name_hides_what_a_module_of_torch_has():
    kinds = (nn.Module, nn.Sequential, nn.ModuleList)
    known = {name for kind in kinds for name in dir(kind()) if not name.startswith("_")}
    assert known <= TAKEN
