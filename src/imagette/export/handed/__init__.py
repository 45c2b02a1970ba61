"""Files that are handed out with an export as they stand here: they import nothing of imagette."""

from pathlib import Path


def predict_script() -> bytes:
    """`predict.py`: classifies pictures by the model file beside it."""
    return (Path(__file__).parent / "predict.py").read_bytes()
