"""The reference endpoint: an implementation of the contract that the suite is measured by."""

from .endpoint import MODELS, Endpoint

__all__ = ["MODELS", "Endpoint"]
