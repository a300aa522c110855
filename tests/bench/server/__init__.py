"""One local server that speaks each peer's protocol; it knows nothing of the clients but HTTP.

Runs in an environment of its own, with the standard library and uvicorn only.
"""
