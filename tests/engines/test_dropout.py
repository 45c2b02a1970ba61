import jax.numpy as jnp
import numpy as np
import pytest
import torch

from imagette.engines.random import bits, dropout_keep
from imagette.engines.with_jax.dropout import dropout as dropout_in_jax
from imagette.engines.with_torch.dropout import dropout as dropout_in_torch
from imagette.words import halves


def in_torch(x, key, rate):
    return dropout_in_torch(torch.from_numpy(x), torch.from_numpy(key.view(np.int32)), rate).numpy()


def in_torch_channels_last(x, key, rate):
    if x.ndim == 2:
        return in_torch(x, key, rate)
    laid_out = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
    return dropout_in_torch(laid_out, torch.from_numpy(key.view(np.int32)), rate).numpy()


def in_jax(x, key, rate):
    images = np.moveaxis(x, 1, -1)  # JAX has channels last
    return np.moveaxis(np.asarray(dropout_in_jax(jnp.asarray(images), key, rate)), -1, 1)


@pytest.mark.parametrize("shape", [(5, 7), (3, 4, 6, 5)])
@pytest.mark.parametrize("dropped", [in_torch, in_torch_channels_last, in_jax])
def test_the_mask_is_bit_equal_to_the_numpy_hash(dropped, shape):  # 000-T2
    key = halves(bits(3, "dropout", 2, 1))[0]
    out = dropped(np.ones(shape, np.float32), key, 0.3)
    kept = dropout_keep(key, out.size, 0.3).reshape(shape)
    np.testing.assert_array_equal(out != 0, kept)
    np.testing.assert_allclose(out[kept], 1 / 0.7, rtol=1e-6)


def test_the_gradient_passes_where_units_are_kept():
    key = torch.from_numpy(halves(bits(0, "dropout", 0, 1))[0].view(np.int32))
    x = torch.randn(4, 10, requires_grad=True)
    out = dropout_in_torch(x, key, 0.5)
    out.sum().backward()
    assert torch.equal(x.grad, (out != 0) * 2.0)
