"""Competition between digital platforms after user growth has ended, as an agent-based model.

The subpackages are links to the folders at the top of the repository: ``agents`` decide, ``model`` is the
market they meet in, ``conf`` says which market, ``experiments`` ask it questions, ``data`` holds the facts.
"""

__version__ = "0.1.0"
