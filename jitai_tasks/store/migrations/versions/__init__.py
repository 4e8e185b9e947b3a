"""One file per version of the tables, never changed after its release."""
