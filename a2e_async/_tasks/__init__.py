"""Tasks on the server: start them, find them again, wait for them."""
