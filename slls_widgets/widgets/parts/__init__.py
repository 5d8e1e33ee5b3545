"""What panels are made of: dials, plots, the sphere, words; each script beside the module that loads it."""
