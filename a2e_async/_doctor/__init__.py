"""The checks of `a2e_async.doctor`: what can be wrong with a machine, its network and an account."""
