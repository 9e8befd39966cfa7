"""What acct says of its own work: ``logs`` for people and programs, ``traces`` for who collects those.

A record may say which account it is about (``account``) and from which received text it comes (``trace``): the number
under which that text is kept in the inbox, from its arrival to the commit of what it said. ``acct inbox`` shows it.

Promises: 1. every text passes the redaction of its process. 2. one record is one line. 3. what is off costs nothing.
"""
