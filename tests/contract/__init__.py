"""What every feed of the views must hold, whatever it is made of."""
