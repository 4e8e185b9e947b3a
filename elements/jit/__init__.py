"""What JitAi applications import from the platform."""
