"""A split: images and their labels."""

from dataclasses import dataclass

from imagette.arrays import Images, Labels


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 [N,H,W,C] and labels int32 [N], in the same order."""

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)
