"""Who may or must do what in cyberspace, under which words of which law."""

__version__ = "0.1.0"
