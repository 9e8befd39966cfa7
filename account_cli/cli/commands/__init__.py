"""One file per command: each reads its arguments, asks one question, and hands the answer to ``output``.

A module offers ``command``, a function whose arguments are the command's, and ``EXAMPLES``, which its help begins with.
"""
