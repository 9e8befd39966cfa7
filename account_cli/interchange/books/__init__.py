"""Plain-text books: every fact is a transaction whose postings balance; nothing is left for the reader to infer.

``names``      what a book calls accounts and assets
``postings``   a fact as postings
``writing``    what the formats share: dates, texts, what was declared already
"""
