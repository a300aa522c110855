"""The start, status and result of each peer's API, as far as their own clients read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .tasks import Task

Json = dict[str, Any]
MEDIA = "https://cdn.example.com/results/{id}.mp4"
LATER = "2099-01-01T00:00:00Z"


class Peer(NamedTuple):
    """One API.

    start: path of the POST that starts a task.
    reads: path prefix of its reads; the task's id is the next segment.
    show: (task, done, rest of the path, base URL) -> JSON; the start's reply has the rest "start".
    status: HTTP status of the start's reply.
    holds: the start honours ``Prefer: wait`` by answering when the task is done.
    named: where reads are POSTs to the path `reads`, the member of the body that ends in the task's id.
    """

    start: str
    reads: str
    show: Callable[[Task, bool, str, str], Json]
    status: int = 200
    holds: bool = False
    named: str = ""


def fal(task: Task, done: bool, rest: str, base: str) -> Json:
    """Queue API: submit, status, result."""
    url = f"{base}/fal/bench/video/requests/{task.id}"
    links = {"response_url": url, "status_url": f"{url}/status", "cancel_url": f"{url}/cancel"}
    if rest == "start":
        return {"status": "IN_QUEUE", "request_id": task.id, "queue_position": 0, **links}
    if rest == "status":
        if not done:
            return {"status": "IN_PROGRESS", "request_id": task.id, "logs": None, **links}
        return {"status": "COMPLETED", "request_id": task.id, "logs": None, "metrics": {}, **links}
    return {"video": {"url": MEDIA.format(id=task.id), "content_type": "video/mp4"}, "seed": 1}


def replicate(task: Task, done: bool, rest: str, base: str) -> Json:
    """Predictions."""
    url = f"{base}/v1/predictions/{task.id}"
    return {
        "id": task.id,
        "model": "bench/video",
        "version": "hidden",
        "status": "succeeded" if done else "starting" if rest == "start" else "processing",
        "input": {"prompt": f"bench-{task.job}"},
        "output": MEDIA.format(id=task.id) if done else None,
        "logs": "",
        "error": None,
        "metrics": {"predict_time": task.done - task.created} if done else None,
        "created_at": task.created_at,
        "started_at": task.created_at,
        "completed_at": task.created_at if done else None,
        "urls": {"get": url, "cancel": f"{url}/cancel"},
    }


def runwayml(task: Task, done: bool, rest: str, base: str) -> Json:
    """Tasks."""
    if rest == "start":
        return {"id": task.id, "estimatedCost": {"credits": 25}}
    common = {"id": task.id, "createdAt": task.created_at}
    if done:
        return {
            **common,
            "status": "SUCCEEDED",
            "output": [MEDIA.format(id=task.id)],
            "cost": {"credits": 25},
        }
    return {**common, "status": "RUNNING", "progress": 0.5, "estimatedCost": {"credits": 25}}


def openai(task: Task, done: bool, rest: str, base: str) -> Json:
    """Videos."""
    return {
        "id": task.id,
        "object": "video",
        "created_at": 1700000000,
        "completed_at": 1700000060 if done else None,
        "model": "sora-2",
        "prompt": f"bench-{task.job}",
        "progress": 100 if done else 50,
        "seconds": "4",
        "size": "720x1280",
        "status": "completed" if done else "queued" if rest == "start" else "in_progress",
    }


def elevenlabs(task: Task, done: bool, rest: str, base: str) -> Json:
    """Flows: video generations."""
    if done:
        url = MEDIA.format(id=task.id)
        return {"status": "completed", "id": task.id, "content_url": url, "content_mime_type": "video/mp4"}
    return {"status": "pending" if rest == "start" else "generating", "id": task.id}


def google(task: Task, done: bool, rest: str, base: str) -> Json:
    """Long-running operations; since 3.x its videos live in the Vertex flavour of the API only."""
    name = f"{GOOGLE_PROJECT}/{GOOGLE_MODEL}/operations/{task.id}"
    if not done:
        return {"name": name}
    video = {"gcsUri": f"gs://bench/{task.id}.mp4", "mimeType": "video/mp4"}
    return {"name": name, "done": True, "response": {"videos": [video]}}


def lumaai(task: Task, done: bool, rest: str, base: str) -> Json:
    """Generations."""
    return {
        "id": task.id,
        "generation_type": "video",
        "state": "completed" if done else "queued" if rest == "start" else "dreaming",
        "failure_reason": None,
        "created_at": task.created_at,
        "assets": {"video": MEDIA.format(id=task.id)} if done else None,
        "model": "ray-2",
        "request": {"generation_type": "video", "model": "ray-2", "prompt": f"bench-{task.job}"},
    }


def comfy(task: Task, done: bool, rest: str, base: str) -> Json:
    """Jobs."""
    url = f"/api/v2/jobs/{task.id}"
    return {
        "id": task.id,
        "status": "succeeded" if done else "queued" if rest == "start" else "running",
        "created_at": task.created_at,
        "started_at": task.created_at,
        "completed_at": task.created_at if done else None,
        "expires_at": LATER,
        "queue_position": None,
        "progress": None,
        "outputs": [],
        "error": None,
        "urls": {"self": url, "events": f"{url}/events", "cancel": f"{url}/cancel"},
    }


GOOGLE_MODEL = "publishers/google/models/veo-2.0-generate-001"
GOOGLE_PROJECT = "projects/bench/locations/global"

PEERS = (
    Peer("/fal/bench/video", "/fal/bench/video/requests/", fal),
    Peer("/v1/models/bench/video/predictions", "/v1/predictions/", replicate, 201, holds=True),
    Peer("/v1/image_to_video", "/v1/tasks/", runwayml),
    Peer("/v1/videos", "/v1/videos/", openai),
    Peer("/v1/flows/video", "/v1/flows/video/", elevenlabs),
    Peer(
        f"/v1beta1/{GOOGLE_MODEL}:predictLongRunning",
        f"/v1beta1/{GOOGLE_PROJECT}/{GOOGLE_MODEL}:fetchPredictOperation",
        google,
        named="operationName",
    ),
    Peer("/dream-machine/v1/generations/video", "/dream-machine/v1/generations/", lumaai, 201),
    Peer("/api/v2/jobs", "/api/v2/jobs/", comfy, 201),
)
