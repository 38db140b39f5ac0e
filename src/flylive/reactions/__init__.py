"""What follows a fact, across slices: each file is named for the fact it follows."""
