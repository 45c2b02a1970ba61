"""The running sums of a pass over images: they add up over batches and resumed runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images were seen, how many predicted right, and the sum of their losses.

    A monoid: `Tally()` is empty, `merge` adds. Every image weighs the same, so that a short last
    batch counts for what it holds. Merge batch by batch, in order: sums of floats depend on it.

    >>> whole = Tally.of_batch(64, 60, mean_loss=0.5).merge(Tally.of_batch(32, 12, mean_loss=2.0))
    >>> whole.loss, whole.accuracy
    (1.0, 0.75)
    """

    images: int = 0
    correct: int = 0
    loss_sum: float = 0.0

    @classmethod
    def of_batch(cls, images: int, correct: int, mean_loss: float) -> "Tally":
        """The sums of one batch whose loss is the mean over its images."""
        return cls(images, correct, mean_loss * images)

    def merge(self, other: "Tally") -> "Tally":
        return Tally(
            self.images + other.images,
            self.correct + other.correct,
            self.loss_sum + other.loss_sum,
        )

    @property
    def loss(self) -> float:
        """The mean over images; not defined for an empty tally (ZeroDivisionError)."""
        return self.loss_sum / self.images

    @property
    def accuracy(self) -> float:
        """The proportion predicted right; not defined for an empty tally (ZeroDivisionError)."""
        return self.correct / self.images
