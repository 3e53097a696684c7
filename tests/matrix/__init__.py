"""Tests of the matrix of vendors."""
