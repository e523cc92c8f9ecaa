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
works "the options that a model has already" "Saved to" "$program" "${small[@]}" --load a.safetensors --cell lstm --pooling last --save no.safetensors
rm no.safetensors
works "a guess" "a guess, for none of its words is known" "$program" predict --load a.safetensors "zzz qqq."
works "help" "--cell" "$program" train --help
grep -qE 'INT|TEXT|FLOAT|\{false\}|:\{' out && fail "help speaks the language of its parser: $(cat out)"

# Dropout is saved with a model, and may be given anew.
works "dropout" "Dropout \(0.25\)" "$program" "${small[@]}" --dropout 0.25 --save dropout.safetensors
works "dropout goes on" "Dropout \(0.25\)" "$program" "${small[@]}" --load dropout.safetensors --save more.safetensors
works "dropout anew" "Dropout \(0.5\)" "$program" "${small[@]}" --load dropout.safetensors --dropout 0.5 --save more.safetensors

# Lines of the standard input.
printf '\r\n  \r\n\nthe food is good\r\n' >lines.txt
works "blank lines are skipped" "% sure" "$program" predict --load a.safetensors <lines.txt
[[ $(grep -c sure out) == 1 ]] || fail "blank lines were answered: $(cat out)"

# Colours: asked for, but not where the environment says no.
works "colours never" "% sure" "$program" predict --colour never --load a.safetensors "good"
NO_COLOR=1 works "NO_COLOR" "% sure" "$program" predict --load a.safetensors "good"
grep -q $'\033' out && fail "NO_COLOR had colours"
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then  # which gives a terminal, where the machine has any
  on_terminal() { script -qec "$program predict --load a.safetensors good" /dev/null </dev/null >out 2>&1; }
  on_terminal
  grep -q $'\033\[48;5;' out || fail "no colours on a terminal: $(cat out)"
  NO_COLOR=1 on_terminal
  grep -q $'\033\[48;5;' out && fail "NO_COLOR had colours on a terminal"
fi

# The built-in model: everyday English, and the less it knows of a sentence the less sure it is.
works "the built-in corpus" "lstm +[0-9.]+ %" "$program" train --no-baseline --quiet --seed 1 --save built-in.safetensors
ask() { "$program" predict --load built-in.safetensors "$@"; }
for sentence in "I regret buying it" "The food is not good." "The battery died after a week." "We waited an hour and nobody came." \
  "Don't waste your money." "The plot makes no sense." "Our room was filthy and the staff was rude."; do
  works "$sentence" "^  negative, " ask "$sentence"
done
for sentence in "We will definitely be back" "It was not bad at all." "Works great and was easy to install." "Highly recommended!" \
  "The acting is superb and the story kept me guessing." "They fixed my car the same day."; do
  works "$sentence" "^  positive, " ask "$sentence"
done
sureness() { ask "$@" | sed -n 's/^  .*, \([0-9.]*\) % sure.*/\1/p' | awk '{ sum += $1 } END { print sum / NR }'; }
known=$(sureness "The soup was delicious and the waiter was friendly" "The film was boring and the ending was stupid" "I love this phone, it works perfectly" \
  "The room was dirty and they lost our luggage")
some=$(sureness "The zorgle was delicious and the waiter was blimpish" "The film was boring and the wuggle was snarvish" "I love this brizzle, it frobs zonkly" \
  "The quorn was dirty and they snibbed our luggage")
none=$(sureness "The zorgle was plonky and the blimp was snarvish" "The quux was zibby and the wuggle was snarvish" "I glarp this brizzle, it frobs zonkly" \
  "The quorn was glarpy and they snibbed our zonks")
awk -v known="$known" -v some="$some" -v none="$none" 'BEGIN { exit !(known > 85 && some < known - 2 && none < some && none < 75) }' ||
  fail "sure by $known % of known words, by $some % with some unknown, by $none % of none known"

# Headers, labels, lines without words.
printf 'review\tsentiment\n' >header.tsv
for i in 1 2 3 4 5 6; do printf 'good %s\tpositive\nbad %s\tnegative\n' $i $i; done >>header.tsv
works "a header with word labels" "12 sentences|11 sentences" "$program" train --data header.tsv "${small[@]:3}" --save header.safetensors
works "two classes, not three" "^  (positive|negative), " "$program" predict --load header.safetensors good
{ printf '...\t1\n!\t0\n-\t1\n'; cat good.tsv; } >wordless.tsv
works "lines without words are counted" "1 sentence has no words and is left out" "$program" train --data wordless.tsv "${small[@]:3}" --save wordless.safetensors

# interrupted WHAT PATTERN COMMAND...: gets a Ctrl-C once its output has the pattern, ends with 0, and says what it left out
interrupted() {
  local what=$1 pattern=$2 pid code=0
  shift 2
  set -m  # else a command in the background would not hear of Ctrl-C
  "$@" >out 2>err </dev/null &
  pid=$!
  set +m
  for _ in {1..1200}; do
    if grep -qE -- "$pattern" out err || ! kill -0 $pid 2>/dev/null; then break; fi
    sleep 0.05
  done
  kill -INT $pid 2>/dev/null
  wait $pid || code=$?
  [[ $code == 0 ]] || fail "$what: exit code $code and '$(cat err)'"
  grep -q "bag of words  left out: interrupted" out || fail "$what: not said in the output: $(cat out)"
  grep -q "Saved to interrupted" out || fail "$what: nothing was saved"
  works "$what: predicting" "% sure" "$program" predict --load interrupted.safetensors "The food is not good"
  rm -f interrupted.safetensors
}
for ((i = 0; i < 5000; i++)); do echo "the food $((i % 7)) of day $((i % 31)) is good$((i % 3)) and cheap	$((i % 2))"; done >many.tsv
with_many=(train --data many.tsv --embedding 64 --hidden 4 --cell rnn-tanh --threads 1 --save interrupted.safetensors)
interrupted "Ctrl-C in training" "^epoch +2/" "$program" "${with_many[@]}" --epochs 1000
interrupted "Ctrl-C in the baseline" "Accuracy on" "$program" "${with_many[@]}" --epochs 25 --quiet

refused "no command" "no command was given: it must be train" "$program"
refused "another command" '"teach" is no command: it must be train' "$program" teach
refused "an unknown option" "--cel" "$program" train --cel lstm
refused "an unknown cell" "rnn-tanh" "$program" train --cell transformer
refused "a rate of zero" "--rate: \"0\" is not legal: .*above 0" "$program" "${small[@]}" --rate 0 --save no.safetensors
refused "dropout of one" "--dropout: \"1\".*below 1" "$program" "${small[@]}" --dropout 1 --save no.safetensors
refused "no epochs" "--epochs: \"0\".*from 1" "$program" "${tiny[@]}" --epochs 0 --save no.safetensors
refused "batches of none" "--batch: \"0\".*from 1" "$program" "${small[@]}" --batch 0 --save no.safetensors
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
printf 'good caf\xe9\t1\nbad\t0\n' >latin1.tsv
refused "Latin-1" "latin1.tsv:1: is not UTF-8" "$program" train --data latin1.tsv --save no.safetensors
printf 'opinion\tverdict\ngood\tpos\nbad\tneg\nfine\tpos\n' >unclear.tsv
refused "a header of unusual names" "unclear.tsv:1: no other line has the label .verdict.*names.*numbers" "$program" train --data unclear.tsv --save no.safetensors
printf 'good\t1\nbad\t1\n' >one.tsv
refused "one class of numbers" "one.tsv: all samples have the label .1.: .*two classes" "$program" train --data one.tsv --save no.safetensors
printf 'good\tpos\nbad\tpos\n' >one.tsv
refused "one class of words" "one.tsv: all samples have the label .pos." "$program" train --data one.tsv --save no.safetensors
printf 'good\t1\nbad\t0\nslip\t5000\n' >slip.tsv
refused "a label that is a slip" "slip.tsv:3: found the label .5000." "$program" train --data slip.tsv --save no.safetensors
printf -- '-\t1\n\t0\n' >blank.tsv
printf 'good\t1\nbad\t0\n' >two.tsv
refused "too few to hold any out" "two.tsv: too few samples to hold out" "$program" train --data two.tsv --save no.safetensors
refused "no word often enough" "no word of the sentences occurs 999 times.*--min-count" "$program" "${small[@]}" --min-count 999 --save no.safetensors
refused "a device as a model" "/dev/zero: is a device, not a file" "$program" predict --load /dev/zero good
mkfifo pipe
refused "a pipe as a model" "pipe: is a pipe, not a file" "$program" predict --load pipe good
rm pipe
printf 'text;label\r\n' >spreadsheet.csv
for i in 1 2 3 4 5 6; do printf 'gut, ja %s;1\r\nschlecht %s;-1\r\n' $i $i; done >>spreadsheet.csv
works "a spreadsheet's semicolons, and labels -1 and 1" "12 sentences|11 sentences" "$program" train --data spreadsheet.csv "${small[@]:3}" --save spreadsheet.safetensors
works "a class -1" "^  -?1, " "$program" predict --load spreadsheet.safetensors gut
refused "no line with words" "blank.tsv: no sentence has a word" "$program" train --data blank.tsv --save no.safetensors

for option in "--clip nan" "--clip -1" "--clip inf" "--warm-up -3" "--patience -1" "--rate nan" "--rate -1" "--momentum 1" "--weight-decay -1" \
  "--dropout -0.1" "--epochs 1.5" "--hidden 0" "--embedding -5" "--batch -1" "--threads 0" "--seed -1" "--min-count 0" "--pooling min" \
  "--schedule linear" "--optimizer adamx" "--epochs abc"; do
  refused "$option" "${option% *}: .*is not legal: it must be" "$program" "${small[@]}" $option --save no.safetensors
done
refused "an empty name" "--save: .*a name" "$program" "${small[@]}" --save ""
for option in "--dev good.tsv" "--text-column 1" "--label-column 2"; do
  refused "$option without --data" "${option% *} needs --data" "$program" train $option --save no.safetensors
done
refused "momentum of adam" "--momentum .*not of adam" "$program" "${small[@]}" --momentum 0.5 --save no.safetensors

for option in "--cell gru" "--embedding 5" "--hidden 7" "--pooling max"; do
  refused "$option with --load" "$option does not go with --load: a.safetensors has" "$program" train --data good.tsv --load a.safetensors $option --save no.safetensors
done
refused "--min-count with --load" "--min-count does not go with --load" "$program" "${small[@]}" --load a.safetensors --min-count 2 --save no.safetensors
refused "dropout of one with --load" "--dropout: .1." "$program" "${small[@]}" --load a.safetensors --dropout 1 --save no.safetensors

# A target that can't be written is found before the data is looked at, and nothing is left there.
refused "saving where nothing is" "nowhere/a.safetensors: can't be written" "$program" train --data missing.tsv --save nowhere/a.safetensors
refused "saving to a folder" "can't be written: it is a directory" "$program" train --data missing.tsv --save .
mkdir readonly && chmod a-w readonly
readonly=readonly  # to root nothing is
if [[ -w readonly && -d /proc/self ]]; then readonly=/proc; fi
refused "a read-only folder" "$readonly/a.safetensors: can't be written" "$program" train --data missing.tsv --save $readonly/a.safetensors
cp a.safetensors kept.safetensors
refused "a refused training" "missing.tsv" "$program" train --data missing.tsv --save kept.safetensors
cmp -s a.safetensors kept.safetensors || fail "a refused training changed the file that was there"

# Sizes that a damaged file may speak of.
for size in 1000000000 4611686018427387904 -5 0 7 six; do
  python3 - "$size" <<'END' || { echo "left out: python3 is not here"; break; }
import json, struct, sys
data = open("a.safetensors", "rb").read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
header["__metadata__"]["sentiment.hidden"] = sys.argv[1]
text = json.dumps(header).encode()
open("damaged.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data[8 + length :])
END
  refused "$size hidden units" "damaged.safetensors: .*legal" "$program" predict --load damaged.safetensors good
done

# What can't be written is no success.
if [[ -w /dev/full ]]; then
  for command in "predict --load a.safetensors good" "train --help"; do
    code=0
    "$program" $command >/dev/full 2>err </dev/null || code=$?
    [[ $code == 2 ]] || fail "$command to a full device: exit code $code, not 2"
    grep -q "standard output can't be written" err || fail "$command to a full device: '$(cat err)'"
  done
fi

[[ -e no.safetensors ]] && fail "a refused training left a file behind"

[[ -z $(find . -name '*.tmp') ]] || fail "a temporary file was left behind"

[[ $failures == 0 ]] && echo "all as it should be"
exit $failures
