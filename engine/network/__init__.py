"""Networks in TensorFlow. Import modules of this package lazily: all but the pool import TensorFlow."""
