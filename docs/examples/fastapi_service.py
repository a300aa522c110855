"""A web service delivers at least once too: whoever gets no answer asks again, perhaps another instance.
The run starts each job once: PUT with the same key waits for the task that was paid for already.

`uvicorn fastapi_service:app` on every machine; behind them any load balancer.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import FastAPI, HTTPException, Request, Response

from a2e_async import (
    A2E,
    A2EError,
    InvalidArgument,
    ModerationError,
    StartPolicy,
    TaskError,
    WaitTimeout,
)

PATIENCE = 20.0  # seconds: less than the proxies before this service wait for an answer


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
    start = StartPolicy(resubmit=True)  # a start that is not found after three minutes was never made
    async with A2E(start=start) as a2e, a2e.bulk(journal=os.environ["A2E_JOURNAL"], lease=10) as run:
        yield {"a2e": a2e, "run": run}


app = FastAPI(lifespan=lifespan)


@app.put("/media/{key}")
async def generate(key: str, job: dict[str, Any], request: Request, response: Response) -> dict[str, Any]:
    """Start the job unless its key is known, and return its result; 202: it goes on, ask again."""
    a2e, run = request.state.a2e, request.state.run
    try:
        with anyio.move_on_after(PATIENCE):  # who stops waiting cancels nothing
            result = await run.result(a2e.job(job).with_key(key))
            return {"key": key, "urls": result.urls}
    except (InvalidArgument, ModerationError) as error:  # also a known key with another body
        raise HTTPException(422, str(error)) from error
    except WaitTimeout:
        pass
    except TaskError as error:  # final
        raise HTTPException(502, str(error)) from error
    except A2EError as error:  # what may pass: no coins, no connection
        raise HTTPException(503, str(error), {"Retry-After": "30"}) from error

    response.status_code = 202
    return {"key": key}
