"""What one sees: each panel shows one side of an exploration, in the app or by itself."""
