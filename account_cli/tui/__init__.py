"""The screen draws what a ``ScreenSource`` says, at its own pace, and knows nothing of exchanges or databases.

``app``      the application: pulls a Screenful a few times a second, hands it to the screen on top
``keys``     every key there is, once: the bindings, the footer line and the help page are all made from it
``theme``    what tones look like
``model``    what a live table is, apart from any screen
``tables``   which columns positions, balances, orders, fills, alerts and streams have
``widgets``  the live grid and the one-line displays around it
``screens``  how they are laid out at each size; the help page

1. Text from an exchange is drawn as plain characters: never parsed as markup, never with a control character in it.
2. With privacy on, no amount reaches a cell.
3. What is stale looks stale and says so.
4. A row does not move while the cursor is in its pane.
5. Only lines that changed are painted again.
"""
