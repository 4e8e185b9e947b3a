"""What the elements of the shop share."""
