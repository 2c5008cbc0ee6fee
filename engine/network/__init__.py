"""Networks in TensorFlow. Importing a module of this room imports it: do it late (the pool does so itself)."""
