-- The first schema that there was on servers: what every later step has to lead on from.
CREATE TABLE accounts (
  account TEXT COLLATE "C" NOT NULL,
  venue TEXT COLLATE "C",
  "user" TEXT COLLATE "C",
  derived_strategy TEXT COLLATE "C",
  key_standing TEXT COLLATE "C",
  PRIMARY KEY (account)
);
CREATE TABLE checkpoints (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  head BIGINT NOT NULL,
  at_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX checkpoints_account ON checkpoints (account, id);
CREATE TABLE coverage (
  account TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  scope TEXT COLLATE "C" NOT NULL,
  since_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, kind, scope, since_ns)
);
CREATE TABLE cursors (
  account TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, name)
);
CREATE TABLE instruments (
  symbol TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (symbol)
);
CREATE TABLE journal (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  n BIGINT NOT NULL,
  identity TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  time_ns BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  symbol TEXT COLLATE "C",
  current BIGINT NOT NULL,
  origin TEXT COLLATE "C" NOT NULL,
  heard_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT journal_line UNIQUE (account, n),
  CONSTRAINT journal_identity UNIQUE (account, identity, revision)
);
CREATE INDEX journal_order ON journal (account, time_ns, seq, identity) WHERE current = 1;
CREATE INDEX journal_symbol ON journal (account, symbol, time_ns, seq, identity) WHERE current = 1 AND symbol IS NOT NULL;
CREATE INDEX journal_order_other ON journal (account, time_ns, seq, identity) WHERE current = 1 AND kind <> 'fill';
CREATE TABLE kept (
  account TEXT COLLATE "C" NOT NULL,
  method TEXT COLLATE "C" NOT NULL,
  time_ns BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  identity TEXT COLLATE "C" NOT NULL,
  ordinal BIGINT NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (account, method, time_ns, seq, identity, ordinal)
);
CREATE INDEX kept_symbol ON kept (account, method, symbol, time_ns, seq, identity, ordinal);
CREATE TABLE looks (
  account TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  run BIGINT NOT NULL,
  PRIMARY KEY (account)
);
CREATE TABLE marks (
  account TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, name)
);
CREATE TABLE notices (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE observed (
  account TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  complete_ns BIGINT,
  PRIMARY KEY (account, kind)
);
CREATE TABLE observed_rows (
  account TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, kind, key)
);
CREATE TABLE orders (
  account TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  open BIGINT NOT NULL,
  sort_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, id, symbol)
);
CREATE INDEX orders_all ON orders (account, sort_ns);
CREATE INDEX orders_open ON orders (account, sort_ns) WHERE open = 1;
CREATE TABLE outbox (
  account TEXT COLLATE "C" NOT NULL,
  n BIGINT NOT NULL,
  topic TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (account, n, topic)
);
CREATE TABLE prices (
  venue TEXT COLLATE "C" NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (venue, symbol)
);
CREATE TABLE proofs (
  run BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (run)
);
CREATE TABLE quotes (
  asset TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  time_ns BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  price NUMERIC NOT NULL,
  PRIMARY KEY (asset, currency, time_ns, source)
);
CREATE TABLE raws (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  received_ns BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  raw TEXT COLLATE "C" NOT NULL,
  unreadable TEXT COLLATE "C",
  done_ns BIGINT,
  size BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX raws_received ON raws (received_ns, size);
CREATE INDEX raws_unreadable ON raws (account, id) WHERE unreadable IS NOT NULL;
CREATE INDEX raws_waiting ON raws (account, id) WHERE done_ns IS NULL;
CREATE TABLE readings (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  wallet TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  head BIGINT NOT NULL,
  amount TEXT COLLATE "C" NOT NULL,
  before_ns BIGINT,
  last BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX readings_figure ON readings (account, kind, wallet, key, at_ns);
CREATE INDEX readings_age ON readings (at_ns) WHERE last = 0;
CREATE INDEX readings_last ON readings (account) WHERE last = 1;
CREATE TABLE reconciliations (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  at_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX reconciliations_account ON reconciliations (account, id);
CREATE TABLE requests (
  id BIGSERIAL NOT NULL,
  asked_ns BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  taken_ns BIGINT,
  answer TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX requests_waiting ON requests (id) WHERE taken_ns IS NULL;
CREATE TABLE retractions (
  account TEXT COLLATE "C" NOT NULL,
  target TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, target)
);
CREATE TABLE running (
  id BIGSERIAL NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  book TEXT COLLATE "C" NOT NULL,
  entry TEXT COLLATE "C" NOT NULL,
  wallet TEXT COLLATE "C" NOT NULL,
  asset TEXT COLLATE "C" NOT NULL,
  time_ns BIGINT NOT NULL,
  change TEXT COLLATE "C" NOT NULL,
  balance TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT running_entry UNIQUE (account, book, entry)
);
CREATE INDEX running_time ON running (account, book, time_ns);
CREATE TABLE snapshots (
  account TEXT COLLATE "C" NOT NULL,
  method TEXT COLLATE "C" NOT NULL,
  rules BIGINT NOT NULL,
  time_ns BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  identity TEXT COLLATE "C" NOT NULL,
  n BIGINT NOT NULL,
  state BYTEA NOT NULL,
  PRIMARY KEY (account, method, rules, time_ns, seq, identity)
);
CREATE TABLE streams (
  account TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, kind)
);
CREATE TABLE symbols (
  account TEXT COLLATE "C" NOT NULL,
  symbol TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account, symbol)
);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('0008');
