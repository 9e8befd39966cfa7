"""What a live table is, apart from any screen: cells, columns that fit, rows in a steady order, what changed.

``cell``    text and tone
``column``  a column, a table
``fit``     which columns fit, how wide, aligned how
``order``   sorting that never moves rows under a reader's cursor
``rows``    rows in, changes out

Nothing here knows Textual.
"""
