"""Every other exchange, through ccxt's own parsers with every digit kept."""
