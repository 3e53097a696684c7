"""The requirements, a module an area, and the members of schemas/ (`test_shape.py`)."""
