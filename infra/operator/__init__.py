"""What an operator does to one stage, by command."""
