"""The audit of recorded traffic: records of many files in batches, judged, and counted."""
