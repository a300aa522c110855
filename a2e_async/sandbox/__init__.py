"""A local A2E."""

from a2e_async.sandbox.clock import ScaledClock, VirtualClock
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.ledger import Ledger
from a2e_async.sandbox.server import Sandbox

__all__ = ["Faults", "Ledger", "Sandbox", "ScaledClock", "VirtualClock"]
