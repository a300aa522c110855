"""A2E's own protocol: start, detail, batchDetail, list and presigned upload of one workflow.

Records are as long as the service's, and written by hand: the server must not be what is measured.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from .tasks import Run, Task

PREFIX = "/api/v1/userImage2Video/"
PRESIGN = ("/api/v1/r2/upload-presigned-url", "/api/v1/r2/get_upload_presigned_url")
TRACE = "0f8fad5b-d9cb-469f-a165-70867728950e"

NOT_FOUND = b"<!DOCTYPE html><html><body><pre>Cannot find this path</pre></body></html>"


def start(run: Run, body: bytes) -> Task:
    """Accept a job; the caller's `name` is kept, because lists are searched for it."""
    return run.start(body, str(json.loads(body).get("name", "")))


def started(run: Run, task: Task, base: str) -> bytes:
    """The reply to a start."""
    return _envelope(_record(run, task, "initialized", base))


def called(run: Run, task: Task, base: str) -> bytes:
    """The body of the call to a webhook."""
    return b'{"event":"task.completed","data":%b}' % _record(run, task, "completed", base)


def read(run: Run, method: str, path: str, query: Mapping[str, str], body: bytes, base: str) -> bytes | None:
    """The reply to anything but a start, or None where the path is unknown."""
    rest = path[len(PREFIX) :]
    if method == "POST" and rest == "batchDetail":
        ids = json.loads(body)["ids"][:200]
        found = [run.tasks[key] for key in ids if key in run.tasks]
        return _envelope(b"[" + b",".join(_show(run, task, base) for task in found) + b"]")
    if method == "GET" and rest == "allRecords":
        size = int(query.get("pageSize", 10))
        first = (int(query.get("pageNum", 1)) - 1) * size
        newest = run.order[::-1][first : first + size]
        rows = b",".join(_show(run, task, base) for task in newest)
        return _envelope(b'{"rows":[%b],"count":%d}' % (rows, len(run.order)))
    if method == "GET" and rest in run.tasks:
        return _envelope(_show(run, run.tasks[rest], base))
    return None


def presigned(body: bytes, base: str) -> bytes:
    """Where to PUT a file, and the address that it then has."""
    key = str(json.loads(body)["key"])
    full = f"adam2eve/bench/user/1/{key}"
    data = {"uploadUrl": f"{base}/put/{full}?sig=1", "cdnUrl": f"{base}/cdn/{full}", "key": full}
    return _envelope(json.dumps(data).encode())


def _show(run: Run, task: Task, base: str) -> bytes:
    done = task.done <= time.monotonic()
    return _record(run, task, "completed" if done else "processing", base)


def _record(run: Run, task: Task, status: str, base: str) -> bytes:
    done = status == "completed"
    result = f"{base}/files/{task.id}/result.mp4" if done else ""
    return (
        f'{{"_id":"{task.id}","user_id":"65f0c0ffee00000000abcdef","name":{json.dumps(task.name)},'
        f'"current_status":"{status}","coins":30,"createdAt":"{task.created_at}","updatedAt":"{task.created_at}",'
        f'"failed_message":"","failed_code":"","image_url":"https://cdn.example.com/inputs/portrait-of-a-person.png",'
        f'"prompt":"bench-{task.job} a person waves and turns to the window, soft light","negative_prompt":'
        f'"six fingers, bad hands, lowres, low quality, worst quality, blurry","model_type":"GENERAL",'
        f'"video_time":5,"extend_prompt":true,"cover_url":"","process":{100 if done else 40},'
        f'"result_url":"{result}"}}'
    ).encode()


def _envelope(data: bytes) -> bytes:
    return b'{"code":0,"data":%b,"trace_id":"%b"}' % (data, TRACE.encode())
