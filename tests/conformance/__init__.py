"""Every operation of every resource, called through the public API over the sandbox's sockets."""
