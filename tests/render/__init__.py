"""Tests of conformance/render/."""
