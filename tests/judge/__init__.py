"""Strangers judge the client and the sandbox: an independent mock, and requests made from the document."""
