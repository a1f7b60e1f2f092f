"""What a machine can check of the way the project is built."""
