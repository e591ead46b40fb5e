"""Training pictures: a module for each place they come from, and the batches drawn from them."""
