"""The client without async, in a web application: one client serves all threads, and shares their polls.

`pip install a2e-async flask`, and `flask --app flask_app run`. In Django it is the same: make the client in
a module, and call it in views.
"""

from flask import Flask, Response, request

from a2e_async.sync import A2E, A2EError, InvalidArgument, WaitTimeout

app = Flask(__name__)
a2e = A2E()  # opens nothing yet, so processes may be forked


@app.post("/kites")
def start() -> tuple[dict[str, object], int]:
    task = a2e.text_to_image(prompt=request.form["prompt"]).start()  # accepted, and paid for
    return {"id": task.id, "coins": task.coins}, 202


@app.get("/kites/<id>")
def status(id: str) -> tuple[dict[str, object], int]:
    try:
        result = a2e.text_to_image.task(id).wait(timeout=request.args.get("wait", 10.0, float))
    except WaitTimeout as error:
        return {"status": error.task.record.status or "under way"}, 202
    return {"status": "done", "urls": list(result.urls)}, 200


@app.get("/kites/<id>/picture")
def picture(id: str) -> Response:
    file = a2e.text_to_image.task(id).wait(timeout=60).stream().open()
    return Response(file, content_type=file.content_type)


@app.errorhandler(A2EError)
def failed(error: A2EError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 422 if isinstance(error, InvalidArgument) else 502
