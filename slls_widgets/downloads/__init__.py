"""What leaves the screen: files, the script that computes them anew, the figure."""
