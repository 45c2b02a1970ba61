"""What happens to a run while it is followed; and a W&B server on this machine."""

import gzip
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest

from imagette.evaluate.evaluation import evaluate
from imagette.evaluate.predictions import Predictions
from imagette.store.folder import RunFolder


@pytest.fixture
def judge() -> Callable[..., None]:
    """Writes an evaluation of ten images into a run, so many of them right."""

    def write(run: RunFolder, right: int = 8, name: str = "validation", step: int = 2) -> None:
        labels = np.zeros(10, np.int32)
        logits = np.eye(2, dtype=np.float32)[(np.arange(10) >= right).astype(int)]
        figures = evaluate(Predictions(logits, labels), ["cat", "dog"]).as_json()
        run.write_evaluation(name, {**figures, "checkpoint": step}, {"labels": labels})

    return write


@pytest.fixture
def cut() -> Callable[[RunFolder, int], None]:
    """Takes a run's rows back to the first so many, as a resumed run does."""

    def back(run: RunFolder, rows: int) -> None:
        for name in ("history.jsonl", "timings.jsonl"):
            path = run.path / name
            path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:rows]))

    return back


@pytest.fixture
def add_epoch() -> Callable[..., None]:
    """Adds the rows of an epoch of one step to a run."""

    def add(run: RunFolder, epoch: int, accuracy: float) -> None:
        run.append_timing({"epoch": epoch, "train_seconds": 2.0, "evaluation_seconds": 0.5})
        figures = {"validation_loss": 1 - accuracy, "validation_accuracy": accuracy}
        run.append_history({"epoch": epoch, "step": epoch, **figures})

    return add


class Handler(BaseHTTPRequestHandler):
    """Takes runs as W&B's server does, as far as its client needs that to send them."""

    server: "Server"
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        if self.path.endswith("/file_stream"):
            self._keep(json.loads(data))
        elif self.path == "/graphql":
            query = json.loads(data)
            self.server.asked.append((query.get("operationName"), query["variables"] or {}))
            return self._reply(self._answer(*self.server.asked[-1]))
        return self._reply({})

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._reply({})

    def _keep(self, sent):
        rows = sent.get("files", {}).get("wandb-history.jsonl")
        if rows:
            self.server.history[rows["offset"] :] = map(json.loads, rows["content"])

    def _answer(self, name, variables):
        if variables.get("entity") == "stranger":
            return {"errors": [{"message": "entity stranger not found"}], "data": None}
        project = {"id": "p", "name": "imagette", "entity": {"id": "e", "name": "me"}}
        run = {"id": "r", "name": variables.get("name"), "displayName": "d", "project": project}
        if name == "RunResumeStatus":
            return {"data": {"model": self._known(run) if self.server.history else None}}
        if name == "UpsertBucket":
            return {"data": {"upsertBucket": {"bucket": {**run, "config": "{}"}}}}
        if name == "CreateRunFiles":
            at = f"http://127.0.0.1:{self.server.server_port}/put"
            files = [{"name": one, "uploadUrl": at} for one in variables["files"]]
            return {"data": {"createRunFiles": {"uploadHeaders": [], "files": files}}}
        return {"data": {}}

    def _known(self, run):
        tail = json.dumps([json.dumps(self.server.history[-1])])
        counts = {
            "historyLineCount": len(self.server.history),
            "eventsLineCount": 0,
            "logLineCount": 0,
        }
        bucket = {**run, **counts, "historyTail": tail, "eventsTail": "[]", "config": "{}"}
        bucket |= {"summaryMetrics": "{}", "tags": [], "notes": "", "wandbConfig": "{}"}
        return {
            "id": "p",
            "name": "imagette",
            "entity": run["project"]["entity"],
            "bucket": bucket,
        }

    def _reply(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words):
        pass


class Server(ThreadingHTTPServer):
    """Keeps the rows of history, and what was asked: the operation's name and its variables."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.history: list[dict] = []
        self.asked: list[tuple[str, dict]] = []

    @property
    def address(self) -> dict[str, str]:
        """What tells W&B's client where it is, with a key."""
        url = f"http://127.0.0.1:{self.server_port}"
        return {"WANDB_BASE_URL": url, "WANDB_API_KEY": 40 * "a"}


@pytest.fixture
def server():
    serving = Server()
    Thread(target=serving.serve_forever, daemon=True).start()
    yield serving
    serving.shutdown()
    serving.server_close()
