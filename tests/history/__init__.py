"""Tests of conformance/history/."""
