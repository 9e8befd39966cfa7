"""``python -m account_cli`` is the ``acct`` command."""

from account_cli.cli.main import main

if __name__ == "__main__":
    main()
