"""One request to the API: connections, retries, the envelope, errors."""
