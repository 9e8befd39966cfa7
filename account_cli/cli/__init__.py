"""``acct`` on the command line: thin commands, one file each, that ask and show and decide nothing.

``main``         the entry point: signals, errors, exit status
``app``          the list of commands; a command's module is loaded when it is called
``lean``         Typer's commands without what makes them slow to start, and their help, examples first
``session``      what one run knows: options, configuration, streams
``options``      options that several commands share; ``shape`` those of all that reads, applied by ``output``
``grammar``      unknown options, ``--watch``, the pager (``paging``); ``zones`` the zone of ``--tz``
``words``        what a person may write for a time, a span, an amount, a choice
``output``       owns stdout: tables, plain lines, JSON, CSV
``tables``       which columns a report has, and which give way first; ``cells`` how one figure is written
``asking``       opens the database for reading; ``screenful`` writes a screen as text
``diagnostics``  owns stderr: errors with their next step, exit status, redaction
``schemas``      the JSON schema of every form that is written
``completions``  writes the shell completions; ``reference`` the man pages and docs/commands.md
``commands/``    one file per command

Promises: 1. only data goes to stdout, everything else to stderr. 2. every error is one line and a next step, with its
exit status; no traceback unless asked for. 3. starting loads no exchange library, no screen, no SQLAlchemy. 4. without
a terminal nothing is cut, coloured or animated.
"""
