#!/usr/bin/env bash
# Usage: few.sh PROGRAM
#
# What the examples with examples/common/few_options.hpp promise: a help of at most 80 columns, and one line on the standard
# error stream and exit code 2 for each wrong input.

source "$(dirname "$0")/checks.sh"

name=$(basename "$program")
works "help" "Usage: $name .*--help .*--short " "$program" --help
cp out help
[[ -z $(awk 'length > 80' help) ]] || fail "the help is wider than 80 columns: $(cat help)"
refused "an option that is none" "^$name: \"--wrong\" is not an option: --help lists them$" "$program" --wrong
refused "a word" "^$name: \"word\" is not an option" "$program" --short word
if grep -q -- --epochs help; then
  refused "a value that is missing" "^$name: --seed needs a value$" "$program" --seed
  refused "no number" "^$name: --epochs: \"x\" is not legal: it must be a whole number from 1" "$program" --epochs x
  refused "no epochs" "^$name: --epochs: \"0\" is not legal" "$program" --epochs 0
  refused "a limit below 0" "^$name: --clip: \"-1\" is not legal" "$program" --clip -1
  refused "no limit at all" "^$name: --clip: \"nan\" is not legal" "$program" --clip nan
  refused "too many threads" "^$name: --threads: \"100000\" is not legal" "$program" --threads 100000
  works "the options" "." "$program" --short --seed 3 --threads 1 --clip 0 --epochs 1
fi
if [[ -w /dev/full ]]; then
  code=0
  "$program" --help >/dev/full 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "a full device: exit code $code"
fi

[[ $failures == 0 ]]
