"""Files in and out say exactly what the journal says, or say exactly where they are wrong.

``fields``      which fields a fact has in a file, how each is read, checked and written (docs/formats.md, section 1)
``ndjson``      the ledger file, one fact a line
``csv_fills``   fills as a table
``files``       a file as lines, or a complaint that names it
``tables``      rows of named columns; ``formats`` what each format makes of them, of books and of movements
``books``       a fact as balanced postings; ``movements`` a fact as tax programs think of it
``whole``       a file that is whole or not there, and its description
``importing``   what a file would add to a journal; nothing is added before all of it has been found good

1. Every complaint is an ``InputError`` that names the file, the line and, where there is one, the field.
2. Digits are never rounded: what cannot be kept exactly is refused.
3. Export, import, export gives the same bytes.
"""
