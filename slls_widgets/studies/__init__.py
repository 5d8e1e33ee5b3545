"""What the notebooks compute: one module for each subject, and how its results are printed."""
