import numpy as np
import pytest
import torch

from imagette.engines.random import bits, dropout_keep
from imagette.engines.with_torch.dropout import dropout
from imagette.words import halves


@pytest.mark.parametrize("shape", [(5, 7), (3, 4, 6, 5)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_the_mask_is_bit_equal_to_the_numpy_hash(shape, channels_last):  # 000-T2
    key = halves(bits(3, "dropout", 2, 1))[0]
    x = torch.ones(shape)
    if channels_last and len(shape) == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    out = dropout(x, torch.from_numpy(key.view(np.int32)), 0.3)
    kept = dropout_keep(key, x.numel(), 0.3).reshape(shape)
    np.testing.assert_array_equal(out.numpy() != 0, kept)
    np.testing.assert_allclose(out.numpy()[kept], 1 / 0.7, rtol=1e-6)


def test_the_gradient_passes_where_units_are_kept():
    key = torch.from_numpy(halves(bits(0, "dropout", 0, 1))[0].view(np.int32))
    x = torch.randn(4, 10, requires_grad=True)
    out = dropout(x, key, 0.5)
    out.sum().backward()
    assert torch.equal(x.grad, (out != 0) * 2.0)
