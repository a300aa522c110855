"""The client without await: a thread with an event loop, and faces of the async classes."""
