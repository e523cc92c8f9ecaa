#!/usr/bin/env bash
# Usage: sentiment.sh PROGRAM
#
# The example `sentiment` as a user meets it: it trains, saves, goes on, predicts; and to each wrong input it answers with one line
# on standard error and exit code 2, and leaves nothing behind.

set -uo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

# works WHAT PATTERN COMMAND...: ends with 0, and its output has the pattern
works() {
  local what=$1 pattern=$2
  shift 2
  if ! "$@" >out 2>err; then fail "$what: exit code $? and '$(cat err)'"; fi
  grep -qE -- "$pattern" out || fail "$what: no '$pattern' in the output: $(cat out)"
}

# refused WHAT PATTERN COMMAND...: ends with 2, with one line on standard error that has the pattern
refused() {
  local what=$1 pattern=$2 code=0
  shift 2
  "$@" >out 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "$what: exit code $code, not 2"
  [[ $(wc -l <err) == 1 ]] || fail "$what: not one line on standard error: $(cat err)"
  grep -qE -- "$pattern" err || fail "$what: no '$pattern' in '$(cat err)'"
}

tiny=(train --data good.tsv --embedding 4 --hidden 6 --threads 1 --quiet --seed 3)
small=("${tiny[@]}" --epochs 2)
for i in 1 2 3 4 5 6 7 8 9 10; do printf 'the food is good %s\t1\nthe food is not good %s\t0\n' $i $i; done >good.tsv

works "training on a file" "lstm +[0-9.]+ %" "$program" "${small[@]}" --save a.safetensors
works "the same seed again" "Saved to b" "$program" "${small[@]}" --save b.safetensors
cmp -s a.safetensors b.safetensors || fail "the same seed gave other weights"
works "going on" "Saved to c" "$program" "${small[@]}" --load a.safetensors --save c.safetensors
cmp -s a.safetensors c.safetensors && fail "going on changed nothing"
for cell in rnn-tanh rnn-relu gru; do
  works "$cell" "$cell +[0-9.]+ %" "$program" "${small[@]}" --cell $cell --no-baseline --save $cell.safetensors
done
works "predicting" "% sure" "$program" predict --load a.safetensors "The food is not good."
works "an unknown word is named" "not known: zebra" "$program" predict --load a.safetensors "the zebra is good"
works "colours" $'\033\\[48;5;' "$program" predict --colour always --load a.safetensors "good"
echo "the food is good" | works "sentences from standard input" "% sure" "$program" predict --load a.safetensors
printf 'the food is good\n\n' | works "talking" "% sure" "$program" repl --load a.safetensors
works "help" "--cell" "$program" train --help

refused "no command" "ubcommand" "$program"
refused "an unknown option" "--cel" "$program" train --cel lstm
refused "an unknown cell" "rnn-tanh" "$program" train --cell transformer
refused "a rate of zero" "learning rate 0: .*positive" "$program" "${small[@]}" --rate 0 --save no.safetensors
refused "dropout of one" "rate 1: .*below 1" "$program" "${small[@]}" --dropout 1 --save no.safetensors
refused "no epochs" "epochs 0: .*at least 1" "$program" "${tiny[@]}" --epochs 0 --save no.safetensors
refused "batches of none" "batch_size 0: .*at least 1" "$program" "${small[@]}" --batch 0 --save no.safetensors
refused "a missing file" "missing.tsv" "$program" train --data missing.tsv --save no.safetensors
: >empty.tsv
refused "an empty file" "empty.tsv.*empty" "$program" train --data empty.tsv --save no.safetensors
printf 'good\t1\nbroken\nbad\t0\n' >broken.tsv
refused "a line without label" "broken.tsv:2: found 1 field.*expected 2" "$program" train --data broken.tsv --save no.safetensors
printf '\xff\xfeg\x00o\x00' >utf16.tsv
refused "another encoding" "utf16.tsv.*UTF-8" "$program" train --data utf16.tsv --save no.safetensors
refused "no such column" "text" "$program" train --data good.tsv --text-column text --label-column 9 --save no.safetensors
refused "a folder to save to that is not there" "nowhere" "$program" "${small[@]}" --save nowhere/a.safetensors
refused "a missing model" "missing.safetensors" "$program" predict --load missing.safetensors good
head -c 200 a.safetensors >cut.safetensors
refused "a model that is cut off" "cut.safetensors" "$program" predict --load cut.safetensors good
refused "another file than a model" "good.tsv" "$program" predict --load good.tsv good
refused "a sentence of no words" "no words" "$program" predict --load a.safetensors ""
refused "bytes that are no text" "UTF-8" "$program" predict --load a.safetensors $'\xff\xfe'
[[ -e no.safetensors ]] && fail "a refused training left a file behind"

[[ $failures == 0 ]] && echo "all as it should be"
exit $failures
