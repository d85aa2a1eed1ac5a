"""A queue of files for the embedded form: kombu's, with writing and taking a message made atomic."""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """kombu writes a message in place, so that a reader can meet half of one; here a rename puts it there whole."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu is of two minds
        folder = Path(self.data_folder_out)
        name = uuid.uuid4().hex
        draft = folder / f".{name}"
        draft.write_bytes(str_to_bytes(dumps(payload)))
        draft.rename(folder / f"{time.time_ns():020d}_{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):  # noqa: PTH208
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{uuid.uuid4().hex}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # somebody else was first
            content = taken.read_bytes()
            taken.unlink()
            return loads(bytes_to_str(content))
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel
