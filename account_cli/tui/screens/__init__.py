"""The two pages: the accounts, and what the keys do."""
