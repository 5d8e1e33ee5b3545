"""Maps over angle and strength of the torque, and the curves in them where a rate changes its sign."""
