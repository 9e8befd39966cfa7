# acct: completion for bash. Made by: python -m account_cli.cli.completions
_acct_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_acct_files() { COMPREPLY=($(compgen -f -W "$1" -- "$cur")); }
_acct() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --config | --color) ((i++)) ;;
      -*) ;;
      *)
        command=${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  case $command:$prev in
    :--config) _acct_files; return ;;
    :--color) _acct_words 'auto always never'; return ;;
    watch:--kind) _acct_words 'balance position order fill status'; return ;;
    watch:--count) _acct_words ''; return ;;
    watch:--min-change) _acct_words ''; return ;;
    watch:--config) _acct_files; return ;;
    watch:--color) _acct_words 'auto always never'; return ;;
    collect:--only) _acct_words ''; return ;;
    collect:--config) _acct_files; return ;;
    collect:--color) _acct_words 'auto always never'; return ;;
    poll:--every) _acct_words ''; return ;;
    poll:--config) _acct_files; return ;;
    poll:--color) _acct_words 'auto always never'; return ;;
    demo:--seconds) _acct_words ''; return ;;
    demo:--seed) _acct_words ''; return ;;
    demo:--speed) _acct_words ''; return ;;
    demo:--config) _acct_files; return ;;
    demo:--color) _acct_words 'auto always never'; return ;;
    show:--at) _acct_words ''; return ;;
    show:--in) _acct_words ''; return ;;
    show:--config) _acct_files; return ;;
    show:--color) _acct_words 'auto always never'; return ;;
    positions:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    positions:--at) _acct_words ''; return ;;
    positions:--config) _acct_files; return ;;
    positions:--color) _acct_words 'auto always never'; return ;;
    balances:--at) _acct_words ''; return ;;
    balances:--in) _acct_words ''; return ;;
    balances:--config) _acct_files; return ;;
    balances:--color) _acct_words 'auto always never'; return ;;
    orders:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    orders:--limit) _acct_words ''; return ;;
    orders:--config) _acct_files; return ;;
    orders:--color) _acct_words 'auto always never'; return ;;
    fills:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    fills:--since) _acct_words ''; return ;;
    fills:--until) _acct_words ''; return ;;
    fills:--limit) _acct_words ''; return ;;
    fills:--config) _acct_files; return ;;
    fills:--color) _acct_words 'auto always never'; return ;;
    pnl:--by) _acct_words 'symbol account asset day week month'; return ;;
    pnl:--since) _acct_words ''; return ;;
    pnl:--until) _acct_words ''; return ;;
    pnl:--at) _acct_words ''; return ;;
    pnl:--method) _acct_words 'average fifo lifo hifo'; return ;;
    pnl:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    pnl:--in) _acct_words ''; return ;;
    pnl:--interval) _acct_words '30s 1m 5m 1h 1d 1w 1mo'; return ;;
    pnl:--config) _acct_files; return ;;
    pnl:--color) _acct_words 'auto always never'; return ;;
    equity:--at) _acct_words ''; return ;;
    equity:--since) _acct_words ''; return ;;
    equity:--until) _acct_words ''; return ;;
    equity:--interval) _acct_words '30s 1m 5m 1h 1d 1w 1mo'; return ;;
    equity:--in) _acct_words ''; return ;;
    equity:--config) _acct_files; return ;;
    equity:--color) _acct_words 'auto always never'; return ;;
    stats:--since) _acct_words ''; return ;;
    stats:--until) _acct_words ''; return ;;
    stats:--method) _acct_words 'average fifo lifo hifo'; return ;;
    stats:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    stats:--config) _acct_files; return ;;
    stats:--color) _acct_words 'auto always never'; return ;;
    lots:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    lots:--method) _acct_words 'average fifo lifo hifo'; return ;;
    lots:--account) _acct_words ''; return ;;
    lots:--config) _acct_files; return ;;
    lots:--color) _acct_words 'auto always never'; return ;;
    explain:--at) _acct_words ''; return ;;
    explain:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    explain:--inputs) _acct_words ''; return ;;
    explain:--config) _acct_files; return ;;
    explain:--color) _acct_words 'auto always never'; return ;;
    transfers:--since) _acct_words ''; return ;;
    transfers:--until) _acct_words ''; return ;;
    transfers:--limit) _acct_words ''; return ;;
    transfers:--config) _acct_files; return ;;
    transfers:--color) _acct_words 'auto always never'; return ;;
    accounts:--exchange) _acct_words ''; return ;;
    accounts:--user) _acct_words ''; return ;;
    accounts:--config) _acct_files; return ;;
    accounts:--color) _acct_words 'auto always never'; return ;;
    status:--config) _acct_files; return ;;
    status:--color) _acct_words 'auto always never'; return ;;
    health:--config) _acct_files; return ;;
    health:--color) _acct_words 'auto always never'; return ;;
    alerts:--since) _acct_words ''; return ;;
    alerts:--state) _acct_words 'firing acknowledged resolved'; return ;;
    alerts:--for) _acct_words ''; return ;;
    alerts:--limit) _acct_words ''; return ;;
    alerts:--config) _acct_files; return ;;
    alerts:--color) _acct_words 'auto always never'; return ;;
    reconcile:--since) _acct_words ''; return ;;
    reconcile:--settle) _acct_words ''; return ;;
    reconcile:--timeout) _acct_words ''; return ;;
    reconcile:--tolerance) _acct_words 'exact b25'; return ;;
    reconcile:--jitter) _acct_words ''; return ;;
    reconcile:--max-age) _acct_words ''; return ;;
    reconcile:--limit) _acct_words ''; return ;;
    reconcile:--config) _acct_files; return ;;
    reconcile:--color) _acct_words 'auto always never'; return ;;
    coverage:--config) _acct_files; return ;;
    coverage:--color) _acct_words 'auto always never'; return ;;
    issues:--in) _acct_words ''; return ;;
    issues:--limit) _acct_words ''; return ;;
    issues:--config) _acct_files; return ;;
    issues:--color) _acct_words 'auto always never'; return ;;
    inbox:--limit) _acct_words ''; return ;;
    inbox:--config) _acct_files; return ;;
    inbox:--color) _acct_words 'auto always never'; return ;;
    close:--config) _acct_files; return ;;
    close:--color) _acct_words 'auto always never'; return ;;
    rebuild:--config) _acct_files; return ;;
    rebuild:--color) _acct_words 'auto always never'; return ;;
    replay:--since) _acct_words ''; return ;;
    replay:--until) _acct_words ''; return ;;
    replay:--config) _acct_files; return ;;
    replay:--color) _acct_words 'auto always never'; return ;;
    import:--config) _acct_files; return ;;
    import:--color) _acct_words 'auto always never'; return ;;
    export:--format) _acct_words 'ndjson csv'; return ;;
    export:-O | export:--output) _acct_files; return ;;
    export:--config) _acct_files; return ;;
    export:--color) _acct_words 'auto always never'; return ;;
    db:--to) _acct_words ''; return ;;
    db:--config) _acct_files; return ;;
    db:--color) _acct_words 'auto always never'; return ;;
    outbox:--state) _acct_words 'pending failed dead delivered'; return ;;
    outbox:--config) _acct_files; return ;;
    outbox:--color) _acct_words 'auto always never'; return ;;
    cache:--config) _acct_files; return ;;
    cache:--color) _acct_words 'auto always never'; return ;;
    simulate:--venue) _acct_words 'kraken binance binanceusdm'; return ;;
    simulate:--account) _acct_words ''; return ;;
    simulate:--seed) _acct_words ''; return ;;
    simulate:--port) _acct_words ''; return ;;
    simulate:--speed) _acct_words ''; return ;;
    simulate:--fault) _acct_words "$(acct names faults 2>/dev/null)"; return ;;
    simulate:--faults) _acct_words ''; return ;;
    simulate:--config) _acct_files; return ;;
    simulate:--color) _acct_words 'auto always never'; return ;;
    version:--config) _acct_files; return ;;
    version:--color) _acct_words 'auto always never'; return ;;
  esac
  case $command in
    '') _acct_words 'watch collect poll demo show positions balances orders fills pnl equity stats lots explain transfers accounts status health alerts reconcile coverage issues inbox close rebuild replay import export db outbox cache simulate version --config --color -v --verbose -q --quiet --version -h --help' ;;
    watch) if [[ $cur == -* ]]; then _acct_words '--plain --kind --count --min-change --json --no-flash --hide-amounts --allow-writable-key --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    collect) if [[ $cur == -* ]]; then _acct_words '--only --workers --stop --allow-writable-key --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    poll) if [[ $cur == -* ]]; then _acct_words '--every --json --allow-writable-key --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    demo) _acct_words '--headless --seconds --seed --speed --no-flash --hide-amounts --config --color -v --verbose -q --quiet -h --help' ;;
    show) if [[ $cur == -* ]]; then _acct_words '--at --in --json --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    positions) if [[ $cur == -* ]]; then _acct_words '--symbol --at --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    balances) if [[ $cur == -* ]]; then _acct_words '--at --in --zero --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    orders) if [[ $cur == -* ]]; then _acct_words '--open --all --symbol --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    fills) if [[ $cur == -* ]]; then _acct_words '--symbol --since --until --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    pnl) if [[ $cur == -* ]]; then _acct_words '--by --since --until --at --method --unknown-cost --in --closings --history --interval --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    equity) if [[ $cur == -* ]]; then _acct_words '--now --at --since --until --interval --in --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    stats) if [[ $cur == -* ]]; then _acct_words '--since --until --method --unknown-cost --returns --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    lots) if [[ $cur == -* ]]; then _acct_words '--symbol --method --account --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    explain) if [[ $cur == -* ]]; then _acct_words '--at --unknown-cost --inputs --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "pnl position balance $(acct names accounts 2>/dev/null)"; fi ;;
    transfers) if [[ $cur == -* ]]; then _acct_words '--since --until --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    accounts) if [[ $cur == -* ]]; then _acct_words '--exchange --user --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    status) if [[ $cur == -* ]]; then _acct_words '--json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    health) _acct_words '--ready --json --config --color -v --verbose -q --quiet -h --help' ;;
    alerts) if [[ $cur == -* ]]; then _acct_words '--since --state --for --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    reconcile) if [[ $cur == -* ]]; then _acct_words '--explain --correct --since --settle --timeout --tolerance --jitter --max-age --history --limit --json --csv --allow-writable-key --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    coverage) if [[ $cur == -* ]]; then _acct_words '--parts --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    issues) if [[ $cur == -* ]]; then _acct_words '--in --restatements --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    inbox) if [[ $cur == -* ]]; then _acct_words '--unreadable --limit --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    close) if [[ $cur == -* ]]; then _acct_words '--list --json --csv --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    rebuild) if [[ $cur == -* ]]; then _acct_words '--json --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    replay) if [[ $cur == -* ]]; then _acct_words '--since --until --unreadable-only --dry-run --json --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    import) if [[ $cur == -* ]]; then _acct_words '--json --config --color -v --verbose -q --quiet -h --help'; else _acct_files; fi ;;
    export) if [[ $cur == -* ]]; then _acct_words '--format --csv -O --output --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    db) if [[ $cur == -* ]]; then _acct_words '--to --force --json --config --color -v --verbose -q --quiet -h --help'; else _acct_files 'upgrade check backup restore vacuum stats copy'; fi ;;
    outbox) if [[ $cur == -* ]]; then _acct_words '--state --json --config --color -v --verbose -q --quiet -h --help'; else _acct_words 'list retry'; fi ;;
    cache) if [[ $cur == -* ]]; then _acct_words '--json --config --color -v --verbose -q --quiet -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    simulate) _acct_words '--venue --account --seed --port --speed --fault --faults --writable-key --config --color -v --verbose -q --quiet -h --help' ;;
    version) _acct_words '--json --config --color -v --verbose -q --quiet -h --help' ;;
  esac
}
complete -o bashdefault -F _acct acct
