"""What `imagette data show` prints."""

from collections.abc import Iterator

from imagette.data.survey import IMBALANCED, Survey

_MOST_PAIRS = 10


def survey_lines(found: Survey) -> Iterator[str]:
    """The survey of a data set, line by line; counts and shares of the splits side by side."""
    shape = "x".join(map(str, found.input_shape))
    yield f"{found.name}: images {shape} (channels x height x width), from {found.source}"
    yield ""
    yield from _proportions(found)
    yield ""
    yield _figures("mean", found.statistics.mean)
    yield _figures("deviation", found.statistics.deviation)
    yield from _equal(found)


def _proportions(found: Survey) -> Iterator[str]:
    width = max(5, *(len(repr(name)) - 2 for name in found.class_names))
    yield f"{'class':<{width}}" + "".join(f"{split:>18}" for split in found.counts)
    shares = {split: found.proportions(split) for split in found.counts}
    for label, name in enumerate(found.class_names):
        cells = (
            f"{counts[label]:>10,} {shares[split][label]:>6.1%}"
            for split, counts in found.counts.items()
        )
        yield f"{repr(name)[1:-1]:<{width}}" + "".join(f"{cell:>18}" for cell in cells)
    totals = "".join(f"{sum(counts):>10,}{'':>8}" for counts in found.counts.values())
    yield f"{'total':<{width}}{totals}".rstrip()
    for split in found.imbalanced:
        counts = found.counts[split]
        yield (
            f"imbalanced: in {split} the largest class has {max(counts):,} images, the smallest "
            f"{min(counts):,} (more than {IMBALANCED} times)"
        )


def _figures(name: str, values: tuple[float, ...]) -> str:
    return f"{name:<10} {'  '.join(f'{value:.6f}' for value in values)}  (of training, pixel / 255)"


def _equal(found: Survey) -> Iterator[str]:
    pairs = found.equal_in_test
    yield f"equal pictures in training (validation included) and in test: {len(pairs)}"
    if pairs:
        listed = [f"{index} = {other}" for index, other in pairs[:_MOST_PAIRS]]
        more = ["..."] if len(pairs) > _MOST_PAIRS else []
        yield f"  training image = test image: {', '.join(listed + more)}"
