"""Devices made from kinds: what moves them, what goes wrong with them, and their connections."""

from bridge.simulate.device import SimulatedDevice
from bridge.simulate.faults import Fault, FaultPace, spoil
from bridge.simulate.fleet import Fleet
from bridge.simulate.plan import plan

__all__ = ["Fault", "FaultPace", "Fleet", "SimulatedDevice", "plan", "spoil"]
