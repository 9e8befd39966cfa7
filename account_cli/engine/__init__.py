"""The moving parts of the core: writing down, following, supervising. Asynchronous, and knows only ports.

``ingest``      the one writer, a synchronous transaction
``comparing``   new, completing, repeating or contradicting; ``openings`` what lay before the oldest known fact
``writing``     a queue and a group commit before it
``folding``     a folded account and how it is brought up to date, for writer and followers alike
``affected``    from which fact on a fold may differ; ``refolding`` folding anew from there, and restatements
``keeping``     folds by other methods, kept from when they are first asked for
``rebuilding``  everything kept, compared with the facts
``references``  what the ledger may look up; ``sampled`` prices that a fee needed
``follow``      the one way to watch: snapshot and journal tail
``telling``     what each journal line moved and why, from any line on
``recording``   history, every thirty seconds: ``sampling``, ``flows``, and ``history``, its buckets
``position_snapshots``  what was open, every five minutes; ``retention`` how long what is no fact is kept
``screen``      the follower as a source for a screen; ``past`` what it shows of days gone by
``reconciling`` one comparison; ``looking``: one after each reading, until all is decided
``beside``      comparing again and again beside the collectors
``answering``   what other processes ask of the one that collects
``supervise``   starts a collector per account and ends them cleanly
"""
