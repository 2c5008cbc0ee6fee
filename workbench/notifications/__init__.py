"""What is told of runs and selections to a person who looks elsewhere, and in which ways."""
