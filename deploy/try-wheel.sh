#!/bin/sh
# Uses an installed acct as somebody would who has nothing else of it: deploy/try-wheel.sh PREFIX
set -eu
prefix=$(cd "$1" && pwd)
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home"
acct() { env -i HOME="$home" PATH="$prefix/bin:/usr/bin:/bin" TERM=dumb acct "$@"; }

acct --version
acct --help >/dev/null
printf '%s\n' '{"kind":"transfer","account":"main","id":"D1","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"10","type":"deposit"}' \
  >ledger.ndjson
acct import ledger.ndjson
acct balances --csv
acct db check
acct schema balances >/dev/null
acct demo --headless --seconds 8
for file in man/man1/acct.1 man/man1/acct-watch.1 bash-completion/completions/acct zsh/site-functions/_acct \
  fish/vendor_completions.d/acct.fish doc/acct/config.toml.example; do
  test -s "$prefix/share/$file" || { echo "missing: share/$file"; exit 1; }
done
echo "the wheel works"
