#!/bin/sh
# Approves the first proposal that an agent makes, as a bot would: waits for one, checks that an answer to a revision that
# nobody saw is refused, approves the one that was seen, and checks that it cannot be approved twice.
# The program is $PRESCALE, its home $PRESCALE_HOME; python3 reads JSON.
set -eu

field() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
fail() { echo "approve.sh: $*" >&2; exit 9; }
code() { set +e; "$@" > answer.json 2> error.txt; status=$?; set -e; }

tries=0
until [ "$("$PRESCALE" ctl proposals --json | field 'len(d)')" -gt 0 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no proposal"
  sleep 0.05
done
while :; do
  "$PRESCALE" ctl proposals --json > proposals.json
  [ "$(field 'len(d)' < proposals.json)" -gt 0 ] || { sleep 0.05; continue; }
  id=$(field 'd[0]["id"]' < proposals.json)
  revision=$(field 'd[0]["revision"]' < proposals.json)
  group=$(field 'd[0]["group"]' < proposals.json)
  [ -n "$(field 'd[0]["calls"][0]' < proposals.json)" ] || fail "a proposal without its API call"

  code "$PRESCALE" ctl approve "$id" --revision "$((revision + 7))" --json
  [ "$status" -eq 3 ] || fail "a revision that nobody saw: exit code $status: $(cat error.txt)"
  [ "$(field 'd["ok"]' < answer.json)" = False ] || fail "a refusal that is none: $(cat answer.json)"

  # The clock runs: a proposal may change between two commands, and is then asked for again.
  code "$PRESCALE" ctl approve "$id" --revision "$revision" --json
  [ "$status" -eq 0 ] && break
  [ "$status" -eq 3 ] || fail "approve: exit code $status: $(cat error.txt)"
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no proposal stays: $(cat error.txt)"
done
[ "$(field 'd["ok"]' < answer.json)" = True ] || fail "$(cat answer.json)"

code "$PRESCALE" ctl approve "$id" --json
[ "$status" -eq 3 ] || fail "approved twice: exit code $status"
"$PRESCALE" ctl brake on > /dev/null
[ "$("$PRESCALE" ctl status --json | field 'd["brake"]')" = True ] || fail "the brake is not on"
"$PRESCALE" ctl brake off > /dev/null
"$PRESCALE" ctl status "$group" | grep -q "^$group: mode approve, " || fail "no status of $group"
"$PRESCALE" ctl mode "$group" observe > /dev/null
"$PRESCALE" ctl status | grep -Eq "^$group +observe " || fail "the mode of $group is not shown"
"$PRESCALE" ctl calendar add --name "Night of queues" --kind sale --start 2027-03-19 --end 2027-03-22 > /dev/null
grep -q "Night of queues" "$PRESCALE_HOME/calendar.toml" || fail "the calendar has no entry"
"$PRESCALE" ctl calendar remove "Night of queues" > /dev/null
code "$PRESCALE" ctl mode nowhere auto
[ "$status" -eq 3 ] || fail "a group that there is not: exit code $status"
echo "$id $group"
