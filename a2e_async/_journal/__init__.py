"""The journal of a bulk run: what it writes down, in a file or in a database that several machines share."""
