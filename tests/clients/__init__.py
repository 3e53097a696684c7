"""Tests of conformance.clients without any client but the SDK that the tests have anyway."""
