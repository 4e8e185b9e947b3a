"""The app's own database, the one that its jobs live in: what a task writes commits together with its end."""
