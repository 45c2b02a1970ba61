"""How training images reach an engine: placed on its device once, or streamed step by step."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from imagette.data.split import Split
from imagette.data.streamed import StreamedImages
from imagette.engines.protocol import Model, State, StepPlan

PIECE_BYTES = 32 << 20
PIECE_STEPS = 16
"""Images on the disk are read for so many steps at a time, while the engine takes those before."""


def place(model: Model, train: Split) -> None:
    """Puts on the device what can stay there: streamed images come with each plan."""
    images = train.images
    model.place(None if isinstance(images, StreamedImages) else images, train.labels)


def advanced(
    model: Model, train: Split, state: State, plan: StepPlan
) -> tuple[State, NDArray[np.float32], NDArray[np.int32]]:
    """The plan's steps taken; of streamed images only those of a few steps are in memory."""
    images = train.images
    if not isinstance(images, StreamedImages):
        return model.advance(state, plan)
    losses, correct = [], []
    for piece, pixels in _pieces(images, plan):
        state, loss, right = model.advance(state, piece, pixels)
        losses.append(loss)
        correct.append(right)
    return state, np.concatenate(losses), np.concatenate(correct)


def lengths(train: Split, plan: StepPlan) -> tuple[int, ...]:
    """The numbers of steps at which an engine is called: one, and a whole piece on the disk."""
    images = train.images
    if not isinstance(images, StreamedImages) or not images.are_bytes:
        return (1,)
    return tuple({piece.num_steps: None for piece in cut(plan, images.image_bytes)})


def _pieces(
    images: StreamedImages, plan: StepPlan
) -> Iterator[tuple[StepPlan, NDArray[np.uint8 | np.float32]]]:
    """The plan in pieces with their images.

    One's own items are read step by step, in this thread, as their code may ask. Bytes are read
    ahead. Pieces are of two lengths alone, for JAX compiles each.
    """
    if not images.are_bytes:
        yield from ((step, images[step.indices]) for step in plan.steps())
        return
    pieces = list(cut(plan, images.image_bytes))
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(images.__getitem__, pieces[0].indices)
        for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
            pixels = coming.result()
            if following is not None:
                coming = reader.submit(images.__getitem__, following.indices)
            yield piece, pixels


def cut(plan: StepPlan, image_bytes: int) -> Iterator[StepPlan]:
    """Pieces of `PIECE_STEPS` steps, fewer where their images are large, then single steps."""
    batch_bytes = plan.indices.shape[1] * image_bytes
    length = max(1, min(PIECE_STEPS, PIECE_BYTES // batch_bytes))
    for piece in plan.parts(length):
        if piece.num_steps == length:
            yield piece
        else:
            yield from piece.steps()
