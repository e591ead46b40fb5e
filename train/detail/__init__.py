"""What is particular to training a detailer: its conditions, its model and how it is watched."""
