"""A global value written in Python: the package exports an object named like the element."""
