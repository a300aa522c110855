"""One local server that speaks each peer's protocol; it knows nothing of the clients but HTTP.

Run with the tools environment, standard library and uvicorn only.
"""
