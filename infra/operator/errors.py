"""What an operator's command may end with."""


class OperatorError(Exception):
    """Why a command did nothing, or not all, and what to do: a line, or one for each thing."""
