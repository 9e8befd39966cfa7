"""What the screen is made of: the live grid, and lines of text around it."""
