"""What only the training of a detailer needs: its conditions, config and held-out errors."""
