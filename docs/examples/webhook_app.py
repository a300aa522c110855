"""A web application that starts jobs, says how they stand, and is called by the service when they end.

`pip install a2e-async fastapi uvicorn`, set A2E_WEBHOOK_SECRET and A2E_WEBHOOK_URL=https://HOST/a2e, and
`uvicorn webhook_app:app`. Tasks live at the service, so any instance can say how each stands.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from a2e_async import A2E, A2EError, InvalidArgument, WaitTimeout, Webhooks

hooks = Webhooks()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with A2E(webhooks=hooks) as app.state.a2e:
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/a2e", hooks)


class Wish(BaseModel):
    prompt: str


@app.post("/kites", status_code=202)
async def start(wish: Wish) -> dict[str, Any]:
    task = await app.state.a2e.text_to_image(prompt=wish.prompt).start()  # accepted, and paid for
    return {"id": task.id, "coins": task.coins}


@app.get("/kites/{id}")
async def status(id: str, response: Response, wait: float = 10) -> dict[str, Any]:
    """Wait some seconds for the end. A call of the service ends the wait at once."""
    try:
        result = await app.state.a2e.text_to_image.task(id).wait(timeout=wait)
        return {"status": "done", "urls": result.urls}
    except WaitTimeout as error:
        response.status_code = 202
        return {"status": error.task.record.status or "under way"}


@app.exception_handler(A2EError)
async def failed(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 422 if isinstance(error, InvalidArgument) else 502)
