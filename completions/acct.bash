# acct: completion for bash. Made by: python -m account_cli.cli.completions
_acct_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_acct_files() { COMPREPLY=($(compgen -f -W "$1" -- "$cur")); }
_acct_list() {
  local last=${cur##*,}
  [[ $last == -* ]] && last=${last#-}
  COMPREPLY=($(compgen -P "${cur%"$last"}" -W "$1" -- "$last"))
  compopt -o nospace 2>/dev/null
}
_acct() {
  local line=${COMP_LINE:0:COMP_POINT} words cur prev command= i
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=${words[${#words[@]}-1]} prev=${words[${#words[@]}-2]}
  [[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=}
  COMPREPLY=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
      --config | --profile | --color) ((i++)) ;;
      -*) ;;
      *)
        command=${words[i]}
        break
        ;;
    esac
  done
  _acct_offer
  # What stands before the last colon is there already: bash takes it for a word of its own.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*:}"}"}; done
  fi
}
_acct_offer() {
  case $command:$prev in
    :--config) _acct_files; return ;;
    :--profile) _acct_words ''; return ;;
    :--color) _acct_words 'auto always never'; return ;;
    watch:--kind) _acct_words 'balance position order fill status'; return ;;
    watch:--count) _acct_words ''; return ;;
    watch:--min-change) _acct_words ''; return ;;
    watch:--config) _acct_files; return ;;
    watch:--profile) _acct_words ''; return ;;
    watch:--color) _acct_words 'auto always never'; return ;;
    collect:--only) _acct_words "$(acct names accounts 2>/dev/null)"; return ;;
    collect:--config) _acct_files; return ;;
    collect:--profile) _acct_words ''; return ;;
    collect:--color) _acct_words 'auto always never'; return ;;
    poll:--every) _acct_words ''; return ;;
    poll:--config) _acct_files; return ;;
    poll:--profile) _acct_words ''; return ;;
    poll:--color) _acct_words 'auto always never'; return ;;
    demo:--seconds) _acct_words ''; return ;;
    demo:--seed) _acct_words ''; return ;;
    demo:--speed) _acct_words ''; return ;;
    demo:--config) _acct_files; return ;;
    demo:--profile) _acct_words ''; return ;;
    demo:--color) _acct_words 'auto always never'; return ;;
    show:--at) _acct_words ''; return ;;
    show:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    show:--tz) _acct_words ''; return ;;
    show:--config) _acct_files; return ;;
    show:--profile) _acct_words ''; return ;;
    show:--color) _acct_words 'auto always never'; return ;;
    positions:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    positions:--at) _acct_words ''; return ;;
    positions:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    positions:--columns) _acct_list 'account symbol side quantity entry_price mark_price cost market_value unrealized_pnl unrealized_pnl_pct realized_pnl fees funding leverage margin liquidation_price updated_at mark_at currency unknown_cost_quantity'; return ;;
    positions:--sort) _acct_list 'account symbol side quantity entry_price mark_price cost market_value unrealized_pnl unrealized_pnl_pct realized_pnl fees funding leverage margin liquidation_price updated_at mark_at currency unknown_cost_quantity'; return ;;
    positions:--limit) _acct_words ''; return ;;
    positions:--tz) _acct_words ''; return ;;
    positions:--config) _acct_files; return ;;
    positions:--profile) _acct_words ''; return ;;
    positions:--color) _acct_words 'auto always never'; return ;;
    balances:--at) _acct_words ''; return ;;
    balances:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    balances:--columns) _acct_list 'account wallet asset free used total value currency price price_source price_at source updated_at'; return ;;
    balances:--sort) _acct_list 'account wallet asset free used total value currency price price_source price_at source updated_at'; return ;;
    balances:--limit) _acct_words ''; return ;;
    balances:--tz) _acct_words ''; return ;;
    balances:--config) _acct_files; return ;;
    balances:--profile) _acct_words ''; return ;;
    balances:--color) _acct_words 'auto always never'; return ;;
    orders:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    orders:--since) _acct_words ''; return ;;
    orders:--until) _acct_words ''; return ;;
    orders:--columns) _acct_list 'account id client_id symbol type side price quantity filled average status created_at updated_at'; return ;;
    orders:--sort) _acct_list 'account id client_id symbol type side price quantity filled average status created_at updated_at'; return ;;
    orders:--limit) _acct_words ''; return ;;
    orders:--tz) _acct_words ''; return ;;
    orders:--config) _acct_files; return ;;
    orders:--profile) _acct_words ''; return ;;
    orders:--color) _acct_words 'auto always never'; return ;;
    fills:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    fills:--since) _acct_words ''; return ;;
    fills:--until) _acct_words ''; return ;;
    fills:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    fills:--columns) _acct_list 'account id order_id time seq symbol side price quantity fees liquidity wallet position_side margin leverage type contracts contract_size settle inverse realized_pnl roi_pct'; return ;;
    fills:--sort) _acct_list 'account id order_id time seq symbol side price quantity fees liquidity wallet position_side margin leverage type contracts contract_size settle inverse realized_pnl roi_pct'; return ;;
    fills:--limit) _acct_words ''; return ;;
    fills:--tz) _acct_words ''; return ;;
    fills:--config) _acct_files; return ;;
    fills:--profile) _acct_words ''; return ;;
    fills:--color) _acct_words 'auto always never'; return ;;
    pnl:--by) _acct_words 'symbol account asset day week month'; return ;;
    pnl:--since) _acct_words ''; return ;;
    pnl:--until) _acct_words ''; return ;;
    pnl:--at) _acct_words ''; return ;;
    pnl:--method) _acct_words 'average fifo lifo hifo'; return ;;
    pnl:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    pnl:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    pnl:--interval) _acct_words '30s 1m 5m 1h 1d 1w 1mo'; return ;;
    pnl:--columns) _acct_list 'key currency gross_realized_pnl fees realized_pnl fees_paid funding other_income unrealized_pnl net_pnl unknown_cost_quantity unknown_cost_proceeds unpriced_fees closed_trades winning_trades losing_trades win_rate average_win average_loss profit_factor'; return ;;
    pnl:--sort) _acct_list 'key currency gross_realized_pnl fees realized_pnl fees_paid funding other_income unrealized_pnl net_pnl unknown_cost_quantity unknown_cost_proceeds unpriced_fees closed_trades winning_trades losing_trades win_rate average_win average_loss profit_factor'; return ;;
    pnl:--limit) _acct_words ''; return ;;
    pnl:--tz) _acct_words ''; return ;;
    pnl:--config) _acct_files; return ;;
    pnl:--profile) _acct_words ''; return ;;
    pnl:--color) _acct_words 'auto always never'; return ;;
    equity:--at) _acct_words ''; return ;;
    equity:--since) _acct_words ''; return ;;
    equity:--until) _acct_words ''; return ;;
    equity:--interval) _acct_words '30s 1m 5m 1h 1d 1w 1mo'; return ;;
    equity:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    equity:--columns) _acct_list 'account symbol time currency equity gross_realized_pnl fees realized_pnl funding other_income unrealized_pnl net_pnl flows source'; return ;;
    equity:--sort) _acct_list 'account symbol time currency equity gross_realized_pnl fees realized_pnl funding other_income unrealized_pnl net_pnl flows source'; return ;;
    equity:--limit) _acct_words ''; return ;;
    equity:--tz) _acct_words ''; return ;;
    equity:--config) _acct_files; return ;;
    equity:--profile) _acct_words ''; return ;;
    equity:--color) _acct_words 'auto always never'; return ;;
    stats:--since) _acct_words ''; return ;;
    stats:--until) _acct_words ''; return ;;
    stats:--method) _acct_words 'average fifo lifo hifo'; return ;;
    stats:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    stats:--columns) _acct_list 'account per currency count winners losers break_even total win_rate average_win average_loss profit_factor payoff expectancy best worst maker_fees taker_fees'; return ;;
    stats:--sort) _acct_list 'account per currency count winners losers break_even total win_rate average_win average_loss profit_factor payoff expectancy best worst maker_fees taker_fees'; return ;;
    stats:--limit) _acct_words ''; return ;;
    stats:--tz) _acct_words ''; return ;;
    stats:--config) _acct_files; return ;;
    stats:--profile) _acct_words ''; return ;;
    stats:--color) _acct_words 'auto always never'; return ;;
    lots:--symbol) _acct_words "$(acct names symbols 2>/dev/null)"; return ;;
    lots:--method) _acct_words 'average fifo lifo hifo'; return ;;
    lots:--account) _acct_words "$(acct names accounts 2>/dev/null)"; return ;;
    lots:--since) _acct_words ''; return ;;
    lots:--until) _acct_words ''; return ;;
    lots:--columns) _acct_list 'account symbol asset quantity cost unit_cost currency opened_at method lot'; return ;;
    lots:--sort) _acct_list 'account symbol asset quantity cost unit_cost currency opened_at method lot'; return ;;
    lots:--limit) _acct_words ''; return ;;
    lots:--tz) _acct_words ''; return ;;
    lots:--config) _acct_files; return ;;
    lots:--profile) _acct_words ''; return ;;
    lots:--color) _acct_words 'auto always never'; return ;;
    explain:--at) _acct_words ''; return ;;
    explain:--unknown-cost) _acct_words 'exclude zero market error'; return ;;
    explain:--inputs) _acct_words ''; return ;;
    explain:--tz) _acct_words ''; return ;;
    explain:--config) _acct_files; return ;;
    explain:--profile) _acct_words ''; return ;;
    explain:--color) _acct_words 'auto always never'; return ;;
    transfers:--since) _acct_words ''; return ;;
    transfers:--until) _acct_words ''; return ;;
    transfers:--columns) _acct_list 'account wallet id time asset amount type fee tx to_account to_wallet seq other_side'; return ;;
    transfers:--sort) _acct_list 'account wallet id time asset amount type fee tx to_account to_wallet seq other_side'; return ;;
    transfers:--limit) _acct_words ''; return ;;
    transfers:--tz) _acct_words ''; return ;;
    transfers:--config) _acct_files; return ;;
    transfers:--profile) _acct_words ''; return ;;
    transfers:--color) _acct_words 'auto always never'; return ;;
    accounts:--exchange) _acct_words "$(acct names exchanges 2>/dev/null)"; return ;;
    accounts:--user) _acct_words ''; return ;;
    accounts:--key-from) _acct_words ''; return ;;
    accounts:--secret-from) _acct_words ''; return ;;
    accounts:--passphrase-from) _acct_words ''; return ;;
    accounts:--address) _acct_words ''; return ;;
    accounts:--store) _acct_words 'keyring file'; return ;;
    accounts:--columns) _acct_list 'account venue user strategy liveness stale_seconds streams facts history_from history_complete generic lags worst_lag_ms key reconciled reconciled_at drifting reading_history history_gaps unreadable'; return ;;
    accounts:--sort) _acct_list 'account venue user strategy liveness stale_seconds streams facts history_from history_complete generic lags worst_lag_ms key reconciled reconciled_at drifting reading_history history_gaps unreadable'; return ;;
    accounts:--limit) _acct_words ''; return ;;
    accounts:--tz) _acct_words ''; return ;;
    accounts:--config) _acct_files; return ;;
    accounts:--profile) _acct_words ''; return ;;
    accounts:--color) _acct_words 'auto always never'; return ;;
    status:--columns) _acct_list 'account venue user role kind host pid version strategy liveness last_message_at lag_seconds reconciled_at reconciled heartbeat_at uptime_seconds fence leads'; return ;;
    status:--sort) _acct_list 'account venue user role kind host pid version strategy liveness last_message_at lag_seconds reconciled_at reconciled heartbeat_at uptime_seconds fence leads'; return ;;
    status:--limit) _acct_words ''; return ;;
    status:--tz) _acct_words ''; return ;;
    status:--config) _acct_files; return ;;
    status:--profile) _acct_words ''; return ;;
    status:--color) _acct_words 'auto always never'; return ;;
    health:--tz) _acct_words ''; return ;;
    health:--config) _acct_files; return ;;
    health:--profile) _acct_words ''; return ;;
    health:--color) _acct_words 'auto always never'; return ;;
    alerts:--state) _acct_words 'firing acknowledged resolved'; return ;;
    alerts:--for) _acct_words ''; return ;;
    alerts:--since) _acct_words ''; return ;;
    alerts:--until) _acct_words ''; return ;;
    alerts:--columns) _acct_list 'id account rule key severity state began_at changed_at value threshold told message'; return ;;
    alerts:--sort) _acct_list 'id account rule key severity state began_at changed_at value threshold told message'; return ;;
    alerts:--limit) _acct_words ''; return ;;
    alerts:--tz) _acct_words ''; return ;;
    alerts:--config) _acct_files; return ;;
    alerts:--profile) _acct_words ''; return ;;
    alerts:--color) _acct_words 'auto always never'; return ;;
    reconcile:--since) _acct_words ''; return ;;
    reconcile:--settle) _acct_words ''; return ;;
    reconcile:--timeout) _acct_words ''; return ;;
    reconcile:--tolerance) _acct_words 'exact b25'; return ;;
    reconcile:--jitter) _acct_words ''; return ;;
    reconcile:--max-age) _acct_words ''; return ;;
    reconcile:--columns) _acct_list 'account kind key wallet local exchange difference difference_pct state explanation corrected first_bad_interval since_at causes'; return ;;
    reconcile:--sort) _acct_list 'account kind key wallet local exchange difference difference_pct state explanation corrected first_bad_interval since_at causes'; return ;;
    reconcile:--limit) _acct_words ''; return ;;
    reconcile:--tz) _acct_words ''; return ;;
    reconcile:--config) _acct_files; return ;;
    reconcile:--profile) _acct_words ''; return ;;
    reconcile:--color) _acct_words 'auto always never'; return ;;
    coverage:--columns) _acct_list 'account kind part begins from_at newest_at asked_at gaps lacks complete'; return ;;
    coverage:--sort) _acct_list 'account kind part begins from_at newest_at asked_at gaps lacks complete'; return ;;
    coverage:--limit) _acct_words ''; return ;;
    coverage:--tz) _acct_words ''; return ;;
    coverage:--config) _acct_files; return ;;
    coverage:--profile) _acct_words ''; return ;;
    coverage:--color) _acct_words 'auto always never'; return ;;
    issues:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    issues:--since) _acct_words ''; return ;;
    issues:--until) _acct_words ''; return ;;
    issues:--columns) _acct_list 'account id code text next_action time'; return ;;
    issues:--sort) _acct_list 'account id code text next_action time'; return ;;
    issues:--limit) _acct_words ''; return ;;
    issues:--tz) _acct_words ''; return ;;
    issues:--config) _acct_files; return ;;
    issues:--profile) _acct_words ''; return ;;
    issues:--color) _acct_words 'auto always never'; return ;;
    inbox:--columns) _acct_list 'account source channel state texts bytes oldest_at newest_at'; return ;;
    inbox:--sort) _acct_list 'account source channel state texts bytes oldest_at newest_at'; return ;;
    inbox:--limit) _acct_words ''; return ;;
    inbox:--tz) _acct_words ''; return ;;
    inbox:--config) _acct_files; return ;;
    inbox:--profile) _acct_words ''; return ;;
    inbox:--color) _acct_words 'auto always never'; return ;;
    close:--columns) _acct_list 'account period since_at until_at closed_at symbol currency gross_realized_pnl fees realized_pnl fees_paid funding other_income changed'; return ;;
    close:--sort) _acct_list 'account period since_at until_at closed_at symbol currency gross_realized_pnl fees realized_pnl fees_paid funding other_income changed'; return ;;
    close:--limit) _acct_words ''; return ;;
    close:--tz) _acct_words ''; return ;;
    close:--config) _acct_files; return ;;
    close:--profile) _acct_words ''; return ;;
    close:--color) _acct_words 'auto always never'; return ;;
    rebuild:--config) _acct_files; return ;;
    rebuild:--profile) _acct_words ''; return ;;
    rebuild:--color) _acct_words 'auto always never'; return ;;
    replay:--since) _acct_words ''; return ;;
    replay:--until) _acct_words ''; return ;;
    replay:--config) _acct_files; return ;;
    replay:--profile) _acct_words ''; return ;;
    replay:--color) _acct_words 'auto always never'; return ;;
    import:--account) _acct_words "$(acct names accounts 2>/dev/null)"; return ;;
    import:--config) _acct_files; return ;;
    import:--profile) _acct_words ''; return ;;
    import:--color) _acct_words 'auto always never'; return ;;
    export:--format) _acct_words 'csv ndjson json parquet beancount hledger koinly cointracker rp2'; return ;;
    export:--what) _acct_words 'fills orders transfers ledger closings lots balances pnl equity'; return ;;
    export:--account) _acct_words "$(acct names accounts 2>/dev/null)"; return ;;
    export:--since) _acct_words ''; return ;;
    export:--until) _acct_words ''; return ;;
    export:--tz) _acct_words ''; return ;;
    export:--method) _acct_words 'average fifo lifo hifo'; return ;;
    export:--in) _acct_words "$(acct names assets 2>/dev/null)"; return ;;
    export:--columns) _acct_list ''; return ;;
    export:-O | export:--output) _acct_files; return ;;
    export:--config) _acct_files; return ;;
    export:--profile) _acct_words ''; return ;;
    export:--color) _acct_words 'auto always never'; return ;;
    config:--config) _acct_files; return ;;
    config:--profile) _acct_words ''; return ;;
    config:--color) _acct_words 'auto always never'; return ;;
    doctor:--bundle) _acct_files; return ;;
    doctor:--config) _acct_files; return ;;
    doctor:--profile) _acct_words ''; return ;;
    doctor:--color) _acct_words 'auto always never'; return ;;
    db:--to) _acct_words ''; return ;;
    db:--columns) _acct_list ''; return ;;
    db:--sort) _acct_list ''; return ;;
    db:--limit) _acct_words ''; return ;;
    db:--tz) _acct_words ''; return ;;
    db:--config) _acct_files; return ;;
    db:--profile) _acct_words ''; return ;;
    db:--color) _acct_words 'auto always never'; return ;;
    outbox:--state) _acct_words 'pending failed dead delivered'; return ;;
    outbox:--columns) _acct_list 'id account topic n state tries next_at error channel'; return ;;
    outbox:--sort) _acct_list 'id account topic n state tries next_at error channel'; return ;;
    outbox:--limit) _acct_words ''; return ;;
    outbox:--tz) _acct_words ''; return ;;
    outbox:--config) _acct_files; return ;;
    outbox:--profile) _acct_words ''; return ;;
    outbox:--color) _acct_words 'auto always never'; return ;;
    cache:--config) _acct_files; return ;;
    cache:--profile) _acct_words ''; return ;;
    cache:--color) _acct_words 'auto always never'; return ;;
    simulate:--venue) _acct_words 'kraken binance binanceusdm'; return ;;
    simulate:--account) _acct_words "$(acct names accounts 2>/dev/null)"; return ;;
    simulate:--seed) _acct_words ''; return ;;
    simulate:--port) _acct_words ''; return ;;
    simulate:--speed) _acct_words ''; return ;;
    simulate:--fault) _acct_words 'list F01 F02 F03 F04 F05 F05b F05c F06 F06b F06c F06d F06e F07 F08 F08b F08c F10 F10b F11 F11b F12 F13 F13b F13c F13d F14 F14b F14c F15 F15b F15c F15d F15e F15f F16 F16b F16c F16d F16e F17 F18 F18b F19 F19b F20 F20b F21 F22 F22b F23 F24 F24b F25 F26 F27 F28 F28b F28c F29 F30 F31 F31b F31c F31d F32 F32b F32c F32d F32e F32f F33 F33b F34 F34b F34c F35 F36 F36b F37 F38 F39 F39b F40 F41 F42 F42b F42c F43 F43b F45 F47 F48 F49 F50'; return ;;
    simulate:--faults) _acct_words ''; return ;;
    simulate:--config) _acct_files; return ;;
    simulate:--profile) _acct_words ''; return ;;
    simulate:--color) _acct_words 'auto always never'; return ;;
    schema:--columns) _acct_list ''; return ;;
    schema:--sort) _acct_list ''; return ;;
    schema:--limit) _acct_words ''; return ;;
    schema:--tz) _acct_words ''; return ;;
    schema:--config) _acct_files; return ;;
    schema:--profile) _acct_words ''; return ;;
    schema:--color) _acct_words 'auto always never'; return ;;
    version:--config) _acct_files; return ;;
    version:--profile) _acct_words ''; return ;;
    version:--color) _acct_words 'auto always never'; return ;;
  esac
  case $command in
    '') _acct_words 'watch collect poll demo show positions balances orders fills pnl equity stats lots explain transfers accounts status health alerts reconcile coverage issues inbox close rebuild replay import export config doctor db outbox cache simulate schema version --config --profile --color -v --verbose -q --quiet --no-input --version -h --help' ;;
    watch) if [[ $cur == -* ]]; then _acct_words '--plain --kind --count --min-change --json --no-flash --hide-amounts --allow-writable-key --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    collect) if [[ $cur == -* ]]; then _acct_words '--only --workers --stop --allow-writable-key --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    poll) if [[ $cur == -* ]]; then _acct_words '--every --json --allow-writable-key --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    demo) _acct_words '--headless --seconds --seed --speed --no-flash --hide-amounts --config --profile --color -v --verbose -q --quiet --no-input -h --help' ;;
    show) if [[ $cur == -* ]]; then _acct_words '--at --in --json --csv --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    positions) if [[ $cur == -* ]]; then _acct_words '--symbol --at --in --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    balances) if [[ $cur == -* ]]; then _acct_words '--at --in --zero --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    orders) if [[ $cur == -* ]]; then _acct_words '--open --all --symbol --json --csv --since --until --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    fills) if [[ $cur == -* ]]; then _acct_words '--symbol --since --until --in --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    pnl) if [[ $cur == -* ]]; then _acct_words '--by --since --until --at --method --unknown-cost --in --closings --history --interval --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    equity) if [[ $cur == -* ]]; then _acct_words '--now --at --since --until --interval --in --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    stats) if [[ $cur == -* ]]; then _acct_words '--since --until --method --unknown-cost --returns --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    lots) if [[ $cur == -* ]]; then _acct_words '--symbol --method --account --json --csv --since --until --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    explain) if [[ $cur == -* ]]; then _acct_words '--at --unknown-cost --inputs --json --csv --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "pnl position balance errors $(acct names symbols assets accounts 2>/dev/null)"; fi ;;
    transfers) if [[ $cur == -* ]]; then _acct_words '--since --until --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    accounts) if [[ $cur == -* ]]; then _acct_words '--exchange --user --key-from --secret-from --passphrase-from --address --store --no-check --allow-writable-key --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    status) if [[ $cur == -* ]]; then _acct_words '--json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    health) _acct_words '--ready --json --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help' ;;
    alerts) if [[ $cur == -* ]]; then _acct_words '--state --for --json --csv --since --until --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    reconcile) if [[ $cur == -* ]]; then _acct_words '--explain --correct --since --settle --timeout --tolerance --jitter --max-age --history --json --csv --allow-writable-key --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    coverage) if [[ $cur == -* ]]; then _acct_words '--parts --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    issues) if [[ $cur == -* ]]; then _acct_words '--in --restatements --json --csv --since --until --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    inbox) if [[ $cur == -* ]]; then _acct_words '--unreadable --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    close) if [[ $cur == -* ]]; then _acct_words '--list --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    rebuild) if [[ $cur == -* ]]; then _acct_words '--json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    replay) if [[ $cur == -* ]]; then _acct_words '--since --until --unreadable-only --dry-run --json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    import) if [[ $cur == -* ]]; then _acct_words '--account -n --dry-run --json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_files; fi ;;
    export) if [[ $cur == -* ]]; then _acct_words '--format --what --csv --account --since --until --tz --method --in --columns -O --output --append --since-last --require-complete --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    config) if [[ $cur == -* ]]; then _acct_words '--origin --json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words 'init path show get set unset validate schema'; fi ;;
    doctor) if [[ $cur == -* ]]; then _acct_words '--offline --bundle --json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    db) if [[ $cur == -* ]]; then _acct_words '--to --force --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_files 'upgrade check backup restore vacuum stats copy'; fi ;;
    outbox) if [[ $cur == -* ]]; then _acct_words '--state --json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words 'list retry'; fi ;;
    cache) if [[ $cur == -* ]]; then _acct_words '--json --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words "$(acct names accounts 2>/dev/null)"; fi ;;
    simulate) _acct_words '--venue --account --seed --port --speed --fault --faults --writable-key --no-limits --config --profile --color -v --verbose -q --quiet --no-input -h --help' ;;
    schema) if [[ $cur == -* ]]; then _acct_words '--json --csv --columns --sort --limit --tz --watch --no-pager --config --profile --color -v --verbose -q --quiet --no-input -h --help'; else _acct_words 'positions positions.in balances orders fills fills.in transfers pnl pnl.closings pnl.history equity equity.now stats stats.performance lots lots.set-cost show explain.pnl explain.position explain.balance accounts status health alerts alert-rules reconcile reconcile.history coverage issues issues.restatements inbox unreadable inbox-text close rebuild replay import config config.path doctor poll change outbox outbox-retry cache-rebuild db-upgrade db-check db-backup db-restore db-vacuum db-stats db-copy schemas version error'; fi ;;
    version) _acct_words '--json --config --profile --color -v --verbose -q --quiet --no-input -h --help' ;;
  esac
}
complete -o bashdefault -F _acct acct
