"""How the export to one format ended."""

from dataclasses import dataclass
from pathlib import Path

from imagette.errors import ImagetteError
from imagette.export.certificate import Certificate
from imagette.export.checking import Checked


@dataclass(frozen=True, eq=False)
class Exported:
    """A folder that was written, and the certificate in it; it may have failed its check."""

    format: str
    path: Path  # the folder
    certificate: Certificate

    @property
    def _first(self) -> Checked:
        return self.certificate.models[0]

    @property
    def passed(self) -> bool:
        return self.certificate.passed

    @property
    def file(self) -> Path:
        """The float32 file."""
        return self.path / self._first.file_name

    @property
    def size_bytes(self) -> int:
        return len(self._first.model.data)

    @property
    def largest_difference(self) -> float:
        """Of a logit, from the engine, on real images."""
        return self._first.largest_difference

    @property
    def accuracy(self) -> float:
        """Of the file, on the same images."""
        return self._first.accuracy_file


@dataclass(frozen=True, eq=False)
class NotExported:
    """A format that wrote nothing, and why."""

    format: str
    error: ImagetteError
