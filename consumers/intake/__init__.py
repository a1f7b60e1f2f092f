"""What other systems send in becomes commands."""
