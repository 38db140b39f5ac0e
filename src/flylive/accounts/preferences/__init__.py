"""Where people can be reached beside a socket, and about what they want to hear."""
