"""The reference endpoint: an implementation of the contract that the suite is measured by."""

from .endpoint import Endpoint
from .models import FAMILIES

__all__ = ["FAMILIES", "Endpoint"]
