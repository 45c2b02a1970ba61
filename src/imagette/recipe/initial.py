"""What weights are before the first step: by name, and from the pictures themselves."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt

from imagette.spec import Spec, named


class Initial(Spec):
    """How kernels and matrices are drawn. in and out are numbers of taps: channels times k x k.

    - `default`: uniform within 1 / sqrt(in), biases too, as torch's layers do.
    - `kaiming_normal`, `kaiming_uniform`: variance 2 / in. Source: arXiv 1502.01852.
    - `xavier_normal`, `xavier_uniform`: variance 2 / (in + out). Source: Glorot and Bengio, 2010.
    - `orthogonal`: rows (or columns, if fewer) of length 1 at right angles: arXiv 1312.6120.
    - `dirac`: a convolution hands its first channels on as they are; the rest as `default`.
      Source: arXiv 1706.00388, and in this form arXiv 2404.00498, section 3.3.

    Biases are 0 but for `default` and `dirac`. With `zero_last_norm`, the norm that ends the body
    of a residual begins with weight 0, so that the block begins as its shortcut: arXiv 1706.02677.
    """

    name: Literal[
        "default",
        "kaiming_normal",
        "kaiming_uniform",
        "xavier_normal",
        "xavier_uniform",
        "orthogonal",
        "dirac",
    ] = "default"
    zero_last_norm: bool = False


NamedInitial = Annotated[Initial, BeforeValidator(named)]


class Whitening(Spec):
    """The convolution `layer`, the first of the network, begins as a whitening of its patches.

    Its kernel is made of the eigenvectors of the covariance of kernel-sized patches, largest
    eigenvalue first, each over sqrt(eigenvalue + epsilon), then of their negatives; its bias is 0.
    The patches are those of `images` training images, as normalised and not augmented. Write
    `frozen=yes` in the layer to keep the kernel so. Source: arXiv 2404.00498, section 3.2, whose
    code takes second moments around 0; here the mean is taken off first.
    """

    layer: str
    epsilon: float = Field(5e-4, gt=0)
    images: PositiveInt = 5_000
