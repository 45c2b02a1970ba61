"""The convolution that stands for a machine's peak: the same on every engine."""

BATCH, CHANNELS, SIDE, KERNEL = 32, 128, 16, 3

OPERATIONS = 3 * 2 * BATCH * SIDE**2 * CHANNELS**2 * KERNEL**2
"""Forward, and two gradients of as much work: a multiplication and an addition for every tap."""
