"""What is behind the commands of the command line, a module each."""
