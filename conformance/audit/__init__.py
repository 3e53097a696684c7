"""The audit of recorded traffic: every exchange of many files judged, and counted."""
