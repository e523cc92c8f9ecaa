#!/usr/bin/env bash
# Usage: few.sh PROGRAM
#
# What the examples with examples/common/few_options.hpp promise: a help of at most 80 columns, Ctrl-C, and one line on the
# standard error stream and exit code 2 for each wrong input.

source "$(dirname "$0")/checks.sh"

name=$(basename "$program")
works "help" "Usage: $name .*-h,--help .*--short " "$program" --help
cp out help
works "help by a letter" "Usage: $name " "$program" -h
cmp -s out help || fail "-h shows another help: $(cat out)"
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
  # One that writes a file replaces none, unless the user says so.
  overwrite=() result=$(sed -n 's/^ *--overwrite *Replace \([^ ]*\) .*/\1/p' help)
  if [[ $result ]]; then
    [[ -s $result ]] || fail "it has not written $result"
    echo mine >"$result"
    refused "a file that exists" "^$name: $result exists already: replace it with --overwrite, or " "$program" --short
    [[ $(cat "$result") == mine ]] || fail "it has replaced a file of the user"
    overwrite=(--overwrite)
    works "replacing a file" "." "$program" --short --overwrite
    if grep -q -- --weights help; then
      refused "other weights" '^'"$name"': --weights: "int4" is not legal: it must be float32 or int8$' "$program" --weights int4
      ! grep -q Int8Matrix "$result" || fail "weights are of 8 bits, though nobody asked for them"
      works "weights of 8 bits" "With weights of 8 bits: [0-9.]+ %" "$program" --short --overwrite --weights int8
      grep -q Int8Matrix "$result" || fail "--weights int8 has written floats"
    fi
    [[ $(cat "$result") != mine ]] || fail "--overwrite has replaced nothing"
    rm "$result" && mkdir "$result"
    refused "a folder in its place" "^$name: $result" "$program" --short --overwrite
    [[ ! -s out ]] || fail "it has trained, though it can't write: $(cat out)"
    rmdir "$result"
  fi
  # Ctrl-C, as soon as the program catches it, ends the training and not the program. Before the program begins, its process is
  # still a copy of the shell, which catches it too.
  if [[ -r /proc/self/status ]]; then
    set -m  # else a command in the background would not hear of Ctrl-C
    "$program" --threads 1 --epochs 100000 ${overwrite[@]+"${overwrite[@]}"} >out 2>err </dev/null &
    pid=$!
    set +m
    catches() { local mask; [[ /proc/$pid/exe -ef $program ]] || return 1; mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$pid/status 2>/dev/null); ((0x0${mask:-0} & 2)); }
    for _ in {1..1200}; do
      if catches || ! kill -0 $pid 2>/dev/null; then break; fi
      sleep 0.05
    done
    kill -INT $pid
    wait $pid || fail "Ctrl-C: exit code $? and $(cat err)"
    tr '\n' ' ' <out | grep -q "You ended the training early" || fail "Ctrl-C: it closes as if all were trained: $(cat out)"
  fi
fi
if [[ -w /dev/full ]]; then
  code=0
  "$program" --help >/dev/full 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "a full device: exit code $code"
fi

[[ $failures == 0 ]]
