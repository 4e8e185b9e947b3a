"""Time and text functions that JitAi applications expect under these names."""
