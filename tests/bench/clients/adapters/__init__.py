"""One module per client: ``session(spec)`` opens it and yields ``run(job)``, its own submit-and-wait."""
