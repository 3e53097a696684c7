"""The audit of traffic: batches of records in, findings and counts out."""
