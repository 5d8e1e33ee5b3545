"""The magnet: its parameters, in reduced units and in SI; what it does with entropy; the paper's numbers."""
