#!/usr/bin/env bash
# Usage: sentiment.sh PROGRAM [COMPILER]
#
# The example `sentiment` as a user meets it: it trains, saves, goes on, predicts; and to each wrong input it answers with one line
# on standard error and exit code 2, and leaves nothing behind.

root=$(cd "$(dirname "$0")/../.." && pwd)
source "$(dirname "$0")/checks.sh"

# works WHAT PATTERN COMMAND...: ends with 0, and its output has the pattern
works() {
  local what=$1 pattern=$2
  shift 2
  "$@" >out 2>err || fail "$what: exit code $? and '$(cat err)'"
  grep -qE -- "$pattern" out || fail "$what: no '$pattern' in the output: $(cat out)"
}

tiny=(train --data good.tsv --embedding 4 --hidden 6 --threads 1 --quiet --seed 3)
small=("${tiny[@]}" --epochs 2)
for i in 1 2 3 4 5 6 7 8 9 10; do printf 'the food is good %s\t1\nthe food is not good %s\t0\n' $i $i; done >good.tsv

works "training on a file" "dev +[0-9.]+ % +[0-9.]+ %" "$program" "${small[@]}" --save a.safetensors
works "the same seed again" "Saved to b" "$program" "${small[@]}" --save b.safetensors
cmp -s a.safetensors b.safetensors || fail "the same seed gave other weights"
works "going on" "Saved to c" "$program" "${small[@]}" --load a.safetensors --save c.safetensors
cmp -s a.safetensors c.safetensors && fail "going on changed nothing"
for cell in rnn-tanh rnn-relu gru; do
  works "$cell" "accuracy on +$cell" "$program" "${small[@]}" --cell $cell --no-baseline --save $cell.safetensors
done
works "predicting" "% sure" "$program" predict --load a.safetensors "The food is not good."
works "an unknown word is named" "not known: zebra" "$program" predict --load a.safetensors "the zebra is good"
works "colours" $'\033\\[48;5;' "$program" predict --colour always --load a.safetensors "good"
works "sentences from standard input" "% sure" "$program" predict --load a.safetensors < <(echo "the food is good")
works "talking" "% sure" "$program" repl --load a.safetensors < <(printf 'the food is good\n\n')
works "the options that a model has already" "Saved to" "$program" "${small[@]}" --load a.safetensors --cell lstm --pooling last --save no.safetensors
rm no.safetensors
works "a guess" "a guess, since it knows none of the words" "$program" predict --load a.safetensors "zzz qqq."
works "help" "--cell" "$program" train --help
grep -qE 'INT|TEXT|FLOAT|\{false\}|:\{' out && fail "help speaks the language of its parser: $(cat out)"

# Dropout is saved with a model, and may be given anew.
works "dropout" "Dropout \(0.25\)" "$program" "${small[@]}" --dropout 0.25 --save dropout.safetensors
works "dropout goes on" "Dropout \(0.25\)" "$program" "${small[@]}" --load dropout.safetensors --save more.safetensors
works "dropout anew" "Dropout \(0.5\)" "$program" "${small[@]}" --load dropout.safetensors --dropout 0.5 --save more.safetensors --overwrite

# Lines of the standard input.
printf '\r\n  \r\n\nthe food is good\r\n' >lines.txt
works "blank lines are skipped" "% sure" "$program" predict --load a.safetensors <lines.txt
[[ $(grep -c sure out) == 1 ]] || fail "blank lines were answered: $(cat out)"

for ends in '\r' '\r\r\n' '\n' '\r\n'; do
  printf "\xEF\xBB\xBFgood$ends$ends\xC2\xA0\xE2\x80\x83${ends}bad${ends}the food" >lines.txt
  code=0
  "$program" predict --tsv --load a.safetensors <lines.txt >out 2>err || code=$?
  [[ $code == 0 && $(cut -f 3 out | LC_ALL=C sed 's/[^ a-z]//g' | paste -sd ,) == "good,,,bad,the food" ]] || fail "lines that end with $ends: exit code $code, $(cat err) and $(cat out)"
  grep -q $'\xEF\xBB\xBF' out && fail "a byte order mark in $(cat out)"
done
{ echo good; head -c 3000000 /dev/zero | tr '\0' x; printf '\nbad\n'; } >lines.txt
code=0
"$program" predict --load a.safetensors <lines.txt >out 2>err || code=$?
[[ $code == 2 && $(grep -c sure out) == 2 ]] || fail "a line of 3 MB among others: exit code $code and $(head -c 1000 out)"
[[ $(cat err) == "sentiment: line 2: it has more than a megabyte" ]] || fail "a line of 3 MB is not told by its number: $(head -c 1000 err)"

printf 'the food is good\n\nbad \xff\nthe food\tis not good\n...\n' >lines.txt
code=0
"$program" predict --load a.safetensors <lines.txt >out 2>err || code=$?
[[ $code == 2 && $(grep -c sure out) == 3 ]] || fail "a bad line among others: exit code $code and $(cat out)"
[[ $(cat err) == "sentiment: line 3: "*UTF-8* ]] || fail "a bad line is not told by its number: $(cat err)"
code=0
"$program" predict --load a.safetensors good "" bad >out 2>err || code=$?
[[ $code == 2 && $(grep -c sure out) == 2 ]] || fail "a bad sentence among others: exit code $code and $(cat out)"

# For programs: three columns for each line, also where there is no answer.
code=0
"$program" predict --tsv --load a.safetensors <lines.txt >out 2>err || code=$?
[[ $code == 2 && $(wc -l <out) == 5 ]] || fail "--tsv: exit code $code, and not a line for each line: $(cat out)"
[[ $(LC_ALL=C grep -cE $'^[01]\t[01]\\.[0-9]{6}\t[^\t]*$' out) == 3 ]] || fail "--tsv: not class TAB probability TAB sentence: $(cat out)"
[[ $(LC_ALL=C grep -c $'^\t\t' out) == 2 ]] || fail "--tsv: no answer is not two empty columns: $(cat out)"
CLICOLOR_FORCE=1 works "--tsv never has colours" "food is good" "$program" predict --tsv --load a.safetensors "the food is good"
grep -q $'\033' out && fail "--tsv had colours"

works "--tsv of a sentence of several lines" "." "$program" predict --tsv --load a.safetensors $'the food\nis\r\n not\t good'
[[ $(wc -l <out) == 1 ]] && grep -qE $'^[01]\t[01]\\.[0-9]{6}\tthe food is   not  good$' out || fail "--tsv: a sentence of several lines: $(cat out)"
{ for i in {1..12}; do printf 'good %s,"of two\nlines"\nbad %s,"of two\tand\nmore"\n' $i $i; done } >lines.csv
works "classes whose names have more lines" "Classes +of.*two.*, of.*two" "$program" train --data lines.csv "${small[@]:3}" --no-baseline --save lines.safetensors
works "--tsv of such classes" "." "$program" predict --tsv --load lines.safetensors good bad
[[ $(wc -l <out) == 2 && $(grep -cE $'^of two( and more| lines)\t[01]\\.[0-9]{6}\t(good|bad)$' out) == 2 ]] || fail "--tsv: names of several lines: $(cat out)"

# What a file or a user wrote moves no terminal.
{ for i in {1..12}; do printf 'good %s\t\033[31mred\nbad %s\tblue\n' $i $i; done } >escapes.tsv
works "escape sequences in the names of classes" 'Classes +\\x1B\[31mred, blue' "$program" train --data escapes.tsv "${small[@]:3}" --no-baseline --save escapes.safetensors
for command in "predict --load escapes.safetensors good bad" "test --load escapes.safetensors escapes.tsv"; do
  works "$command" "." "$program" $command
  grep -q $'\033' out && fail "$command: an escape sequence in $(cat -v out)"
done
works "a table of such classes" '^\\x1B\[31mred +[0-9.]+ %' "$program" test --load escapes.safetensors escapes.tsv
refused "a command of escape sequences" '^sentiment: "\\x1B\[31mteach" is not a command' "$program" $'\033[31mteach'
refused "an option of escape sequences" '^sentiment: "--\\x1B\[31m" is not an option' "$program" train $'--\033[31m'
refused "a value of escape sequences" '--cell: "\\x1B\[31m" is not legal' "$program" train --cell $'\033[31m'

# Help for terminals of 80 columns.
for command in train predict test repl; do
  works "$command --help" "--load FILE" "$program" $command --help
  [[ $(awk 'length > 80' out | wc -l) == 0 ]] || fail "$command --help: more than 80 columns: $(awk 'length > 80' out)"
done

# Classes by name, and how good a model is.
names=("${small[@]}" --class-names negative,positive)
works "names of classes" "negative, positive for the labels 0, 1" "$program" "${names[@]}" --no-baseline --save names.safetensors
works "a class by its name" "^  (negative|positive), " "$program" predict --load names.safetensors good
works "a class by its number" "^  class [01], " "$program" predict --load a.safetensors good
works "going on keeps the names" "Classes +negative, positive" "$program" "${small[@]}" --no-baseline --load names.safetensors --save on.safetensors
grep -q "^Measured on" out && fail "said of a file what holds for the built-in corpus"
works "test on a file of numbers" "accuracy +[0-9.]+ % +[0-9]+ right" "$program" test --load names.safetensors good.tsv
for line in "calibration error +[0-9.]+ %" "unknown words +[0-9.]+ %  it knows 13" "negative +([0-9.]+ % +){3}10$" "positive +[0-9]+ +[0-9]+$"; do
  grep -qE -- "$line" out || fail "test: no '$line' in the output: $(cat out)"
done
sed 's/1$/positive/; s/0$/negative/' good.tsv >words.tsv
cp out numbers.out
works "test on a file of names" "accuracy" "$program" test --load names.safetensors words.tsv
[[ $(tail -n +2 out) == "$(tail -n +2 numbers.out)" ]] || fail "the names of classes and their numbers gave different results"
works "predict --test is test" "accuracy" "$program" predict --load names.safetensors --test words.tsv
head -n 1 words.tsv >one_class.tsv
works "a file that lacks a class" "1 sentence" "$program" test --load names.safetensors one_class.tsv

# Before there is a model, and where there is one.
refused "no model yet" "sentiment train\"" "$program" predict good
refused "no model yet to talk to" "train\"" "$program" repl
cp a.safetensors before.safetensors
refused "a log as the model" "both: is the file of two options" "$program" "${small[@]}" --save both --log ./both
refused "the model that is read as a log" "a.safetensors: is read" "$program" "${small[@]}" --load a.safetensors --save again.safetensors --log a.safetensors --overwrite
printf 'sentence\tlabel\ngood\t1\nbad\t0\n' >mine.tsv
for result in --save --log; do
  refused "data as $result" "mine.tsv: is read" "$program" train --epochs 1 --data mine.tsv $result mine.tsv --overwrite
done
[[ $(wc -l <mine.tsv) == 3 ]] || fail "a result has replaced the data"
refused "to overwrite" "a.safetensors: exists already: replace it with --overwrite, or give another name" "$program" "${small[@]}" --save a.safetensors
refused "to overwrite what one goes on from" "--overwrite" "$program" "${small[@]}" --load a.safetensors --save a.safetensors
cmp -s a.safetensors before.safetensors || fail "a model was overwritten unasked"
cp a.safetensors again.safetensors
works "to overwrite, asked for" "Saved to again" "$program" "${small[@]}" --no-baseline --load c.safetensors --save again.safetensors --overwrite
cmp -s a.safetensors again.safetensors && fail "--overwrite did not"

# Colours: asked for, but not where the environment says no.
works "colours never" "% sure" "$program" predict --colour never --load a.safetensors "good"
NO_COLOR=1 works "NO_COLOR" "% sure" "$program" predict --load a.safetensors "good"
grep -q $'\033' out && fail "NO_COLOR had colours"
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then  # which gives a terminal, where the machine has any
  # on_terminal WHAT PATTERN COMMAND: as `works`, in a terminal
  on_terminal() {
    script -qec "$3" /dev/null </dev/null >out 2>&1 || fail "$1: exit code $? and '$(cat out)'"
    grep -qE -- "$2" out || fail "$1: no '$2' in the output: $(cat out)"
  }
  on_terminal "colours on a terminal" $'\033\\[48;5;' "$program predict --load a.safetensors good"
  for variable in NO_COLOR=1 CLICOLOR=0 TERM=dumb TERM=; do
    on_terminal "$variable" "% sure" "env $variable $program predict --load a.safetensors good"
    grep -q $'\033' out && fail "$variable had colours on a terminal"
  done
  narrow() { on_terminal "$1" "$2" "stty cols 40 && TERM=xterm NO_COLOR=1 $3"; }
  narrow "a narrow answer" "% sure" "$program predict --color never --load a.safetensors 'the food is not good at all, and the zebra in the room was good'"
  [[ $(tr -d '\r' <out | awk 'length > 40' | wc -l) == 0 ]] || fail "lines of more than 40 columns: $(cat out)"
  long=$(printf 'ü%.0s' {1..60})
  narrow "a long word" "üüü\.\.\." "LC_ALL=C.UTF-8 $program predict --color never --load a.safetensors 'the $long is good'"
  [[ $(LC_ALL=C.UTF-8 awk '/not known/ {exit} {print}' out | LC_ALL=C.UTF-8 wc -L) -le 40 ]] || fail "a word of more than 40 columns is not cut: $(cat out)"
  narrow "narrow progress" "accuracy on +lstm" "LC_ALL=C $program ${tiny[*]/--quiet/} --epochs 3 --no-baseline --save narrow.safetensors"
  [[ $(sed 's/\x1b\[K//g; /--load/d' out | tr '\r' '\n' | awk 'length > 40' | wc -l) == 0 ]] || fail "progress of more than 40 columns: $(cat out)"
  first=$(tr '\r' '\n' <out | grep -m 1 "^epoch 1/3")
  [[ $first && $first != *left* ]] || fail "no progress, or an estimate before there is one: $(cat out)"
  narrow "a narrow comparison" "accuracy on +bag of words +lstm" "LC_ALL=C $program ${tiny[*]} --epochs 3 --save narrow.safetensors --overwrite"
  [[ $(sed 's/\x1b\[K//g; /--load/d' out | tr '\r' '\n' | awk 'length > 40' | wc -l) == 0 ]] || fail "a comparison of more than 40 columns: $(cat out)"
  narrow "a narrow test" "^class +precision" "LC_ALL=C $program test --load narrow.safetensors good.tsv"
  [[ $(tr -d '\r' <out | awk 'length > 40' | wc -l) == 0 ]] || fail "a test of more than 40 columns: $(cat out)"
  on_terminal "training where TERM=dumb" "^epoch 3/3 " "env TERM=dumb $program ${tiny[*]/--quiet/} --epochs 3 --no-baseline --save dumb.safetensors"
  grep -q $'\033' out && fail "TERM=dumb had escape sequences while training"
fi

CLICOLOR_FORCE=1 works "CLICOLOR_FORCE" $'\033\\[48;5;' "$program" predict --load a.safetensors good
NO_COLOR=1 CLICOLOR_FORCE=1 works "NO_COLOR beats CLICOLOR_FORCE" "% sure" "$program" predict --load a.safetensors good
grep -q $'\033' out && fail "NO_COLOR did not beat CLICOLOR_FORCE"

# The built-in model: everyday English, and the less it knows of a sentence the less sure it is.
works "the built-in corpus" "accuracy on +lstm" "$program" train --no-baseline --quiet --save built-in.safetensors
grep -q "^Measured on sentences of its own corpus; on 1000 .* lstm is right on about 87 %" out || fail "not said what was measured on what"
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

# interrupted WHAT SIGNAL PATTERN COMMAND...: gets the signal once its output has the pattern, ends with 0, and says what it left out
interrupted() {
  local what=$1 signal=$2 pattern=$3 pid code=0
  shift 3
  set -m  # else a command in the background would not hear of Ctrl-C
  "$@" >out 2>err </dev/null &
  pid=$!
  set +m
  for _ in {1..1200}; do
    if grep -qE -- "$pattern" out err || ! kill -0 $pid 2>/dev/null; then break; fi
    sleep 0.05
  done
  kill -$signal $pid 2>/dev/null
  wait $pid || code=$?
  [[ $code == 0 ]] || fail "$what: exit code $code and '$(cat err)'"
  grep -q "bag of words left out: interrupted" out || fail "$what: not said in the output: $(cat out)"
  grep -q "Saved to interrupted" out || fail "$what: nothing was saved"
  works "$what: predicting" "% sure" "$program" predict --load interrupted.safetensors "The food is not good"
  rm -f interrupted.safetensors
}
for ((i = 0; i < 5000; i++)); do echo "the food $((i % 7)) of day $((i % 31)) is good$((i % 3)) and cheap	$((i % 2))"; done >many.tsv
with_many=(train --data many.tsv --embedding 64 --hidden 4 --cell rnn-tanh --threads 1 --save interrupted.safetensors)
interrupted "Ctrl-C in training" INT "^epoch +2/" "$program" "${with_many[@]}" --epochs 1000
interrupted "Ctrl-C in the baseline" INT "Compared with a bag of words" "$program" "${with_many[@]}" --epochs 100 --quiet
interrupted "SIGTERM in training" TERM "^epoch +2/" "$program" "${with_many[@]}" --epochs 1000

# Weight decay this large multiplies the weights by -999 at each step, until they are beyond the numbers of float: what was best is kept.
diverges=("${tiny[@]}" --optimizer sgd --rate 1 --weight-decay 1000 --clip 0 --schedule constant --epochs 100 --save diverged.safetensors --checkpoint diverging)
for resume in "" --resume; do  # the second one has its best epoch from before it was resumed
  rm -f diverged.safetensors
  refused "a training that diverges $resume" "is not finite.*its best|infinite.*its best|not a number.*its best" "$program" "${diverges[@]}" $resume
  grep -qE "^Saved to diverged.safetensors: the weights of epoch [0-9]+, the best" out || fail "a training that diverges $resume: not said in the output: $(cat out)"
  works "what was best before $resume" "% sure" "$program" predict --load diverged.safetensors "The food is not good"
done

# As a header, in a program without files: the same probabilities.
compiler=${2-}
works "a header" "Saved to sentiment.hpp: [0-9]+ numbers, [0-9]+ words" "$program" header sentiment.hpp --load a.safetensors
works "a header of 8 bits" "Saved to small.hpp" "$program" header small.hpp --weights int8 --load a.safetensors
grep -q "Int8Matrix<.*> layer_0_0_weight =" small.hpp || fail "--weights int8: the words are not of 8 bits"
refused "a header with other weights" '"int4" is not legal.*float32 or int8' "$program" header no.hpp --weights int4
refused "a header that exists" "sentiment.hpp: exists already" "$program" header sentiment.hpp --load a.safetensors
refused "a header without a name" "header needs a FILE to write" "$program" header
if [[ $compiler ]]; then
  "$compiler" -std=c++20 -O1 -fno-exceptions -fno-rtti -Wall -Wextra -Werror -I"$root/include" -I. "$root/examples/embedded/sentiment.cpp" -o embedded ||
    fail "the program with the header does not compile"
  for sentence in "The food is good." "It isn't GOOD" "food" "the zebra is not, not bad!"; do
    read -r class probability _ < <("$program" predict --tsv --load a.safetensors "$sentence")
    ./embedded "$sentence" >out || fail "the program with the header: exit code $?"
    awk -v class="$class" -v probability="$probability" '{ for (i = 1; i < NF; i += 2) if ($i == class) error = $(i + 1) - probability }
      END { exit !(error != "" && error < 2e-6 && error > -2e-6) }' out || fail "of '$sentence' the header says '$(cat out)', the program $class $probability"
  done
fi

refused "no command" "no command was given: it must be train, predict, test, repl or header" "$program"
refused "another command" '"teach" is not a command: it must be train' "$program" teach
refused "an unknown option" "\"--cel\" is not an option of train" "$program" train --cel lstm
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
works "a class -1" "^  class -?1, " "$program" predict --load spreadsheet.safetensors gut
refused "no line with words" "blank.tsv: no sentence has a word" "$program" train --data blank.tsv --save no.safetensors

for option in "--clip nan" "--clip -1" "--clip inf" "--warm-up -3" "--patience -1" "--rate nan" "--rate -1" "--momentum 1" "--weight-decay -1" \
  "--dropout -0.1" "--epochs 1.5" "--hidden 0" "--embedding -5" "--batch -1" "--threads 0" "--seed -1" "--min-count 0" "--pooling min" \
  "--schedule linear" "--optimizer adamx" "--epochs abc" "--rate 1e39" "--rate 1e-60" "--weight-decay 1e39" "--clip 1e-60" "--clip 1e39" \
  "--momentum 0.9999999999"; do
  refused "$option" "${option% *}: .*is not legal: it must be" "$program" "${small[@]}" $option --save no.safetensors
done
refused "a rate that Adam makes larger" "learning rate / \(1 - beta1\) 1e\+39" "$program" "${small[@]}" --rate 1e38 --save no.safetensors
refused "an empty name" "--save: .*a name" "$program" "${small[@]}" --save ""
for option in "--dev good.tsv" "--text-column 1" "--label-column 2"; do
  refused "$option without --data" "${option% *} needs --data" "$program" train $option --save no.safetensors
done
refused "momentum of adam" "--momentum .*not to adam" "$program" "${small[@]}" --momentum 0.5 --save no.safetensors

for option in "--cell gru" "--embedding 5" "--hidden 7" "--pooling max"; do
  refused "$option with --load" "$option does not go with --load: a.safetensors has" "$program" train --data good.tsv --load a.safetensors $option --save no.safetensors
done
refused "--min-count with --load" "--min-count does not go with --load" "$program" "${small[@]}" --load a.safetensors --min-count 2 --save no.safetensors
refused "dropout of one with --load" "--dropout: .1." "$program" "${small[@]}" --load a.safetensors --dropout 1 --save no.safetensors

# A target that can't be written is found before the data is looked at, and nothing is left there.
refused "saving where nothing is" "nowhere/a.safetensors: can't be written" "$program" train --data broken.tsv --save nowhere/a.safetensors
refused "saving to a folder" "can't be written: it is a directory" "$program" train --data broken.tsv --save .
mkdir readonly && chmod a-w readonly
readonly=readonly  # to root nothing is
if [[ -w readonly && -d /proc/self ]]; then readonly=/proc; fi
refused "a read-only folder" "$readonly/a.safetensors: can't be written" "$program" train --data broken.tsv --save $readonly/a.safetensors
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

# The command line alone, which scripts/demo asks before it builds the rest: what it refuses, and in which words, is the same.
checker=$(dirname "$program")/check_command_line
if [[ -x $checker ]]; then
  for option in "--cell foo" "--cel lstm" "--epochs abc" "--data missing.tsv" "--save a.safetensors" "--epochs" "--rate 1e39" "--rate 1e38"; do
    refused "the demo's check of $option" "^sentiment: " "$checker" train $option
    cp err checked
    refused "$option" "^sentiment: " "$program" train $option
    cmp -s err checked || fail "the demo says '$(cat checked)' of $option, the program '$(cat err)'"
  done
  "$checker" train --cell gru --epochs 3 || fail "the demo's check refuses what is legal"
fi

# Streams that are closed, or no text.
refused "the standard input closed" "standard input can't be read" bash -c '"$0" predict --load a.safetensors <&-' "$program"
refused "the standard output closed" "standard output can't be written" bash -c '"$0" predict --load a.safetensors good >&-' "$program"
refused "a folder for the standard input" "standard input can't be read" bash -c '"$0" predict --load a.safetensors <.' "$program"
refused "a device for the standard input" "not text" bash -c '"$0" predict --load a.safetensors </dev/zero' "$program"
env -u TERM "$program" predict --load a.safetensors good >out 2>err || fail "without TERM: $(cat err)"

# A training that is killed goes on as if it had not been, and so does one that was finished or stopped.
kept=("${tiny[@]}" --no-baseline --epochs 60)
works "checkpoints" "Saved to whole" "$program" "${kept[@]}" --checkpoint folder --save whole.safetensors
newest=
for after in 0.02 0.05 0.07 0.1 0.15 0.2; do
  (timeout -s KILL $after "$program" "${kept[@]}" --save killed.safetensors --resume || true) >out 2>err
  before=$newest
  newest=$(find killed.safetensors.checkpoints -name 'checkpoint-*.safetensors' 2>/dev/null | sort | tail -n 1)
  [[ ! $newest < $before ]] || fail "the newest checkpoint was '$before', and after a kill it is '$newest'"
  if grep -q "checkpoint" err; then fail "a training that was killed warns: $(cat err)"; fi
done
[[ $newest ]] || fail "no training that was killed left a checkpoint"
works "going on after it was killed" "Saved to killed" "$program" "${kept[@]}" --save killed.safetensors --resume
cmp -s whole.safetensors killed.safetensors || fail "a training that was killed has other weights"
[[ $(find killed.safetensors.checkpoints -type f | wc -l) == 3 ]] || fail "not three checkpoints: $(ls -a killed.safetensors.checkpoints)"
refused "a log that is not of this run" "mine.tsv: exists already" "$program" "${kept[@]}" --save killed.safetensors --log mine.tsv --resume
works "going on with more epochs" "Saved to killed" "$program" "${kept[@]/%60/61}" --save killed.safetensors --resume
refused "two trainings in a folder" "checkpoints of a run already" "$program" "${kept[@]}" --checkpoint folder --save no.safetensors
refused "going on with another size" "is of another model" "$program" "${kept[@]/%6/7}" --checkpoint folder --resume --save no.safetensors
refused "going on with another seed" "other options.seed_low: 3, and here it is 4" "$program" "${kept[@]/%3/4}" --checkpoint folder --resume --save no.safetensors
for file in folder/*; do printf x >>"$file"; done
refused "damaged checkpoints" "no older checkpoint" "$program" "${kept[@]}" --checkpoint folder --resume --save no.safetensors
[[ -e no.safetensors ]] && fail "a refused training left a file behind"

# Slips of every kind.
refused "a long name" "aaa.*(too long|No such file|can't be)" "$program" predict --load "$(printf 'a%.0s' {1..300})" good
refused "too few sentences" "one_class.tsv" "$program" train --data one_class.tsv --save no.safetensors
refused "an option without its value" "--epochs needs a value" "$program" train --epochs
refused "an option twice" "--epochs is given more than once" "$program" "${small[@]}" --epochs 3 --save no.safetensors
refused "names for three classes" "--class-names gives 3 names, but good.tsv has 2 classes: 0, 1" "$program" "${small[@]}" --class-names a,b,c --save no.safetensors
for names in a a,a ,a "a, b"; do
  refused "--class-names $names" "--class-names: .*at least two names" "$program" "${small[@]}" --class-names "$names" --save no.safetensors
done
refused "names with --load" "--class-names does not go with --load" "$program" "${small[@]}" --load a.safetensors --class-names a,b --save no.safetensors
refused "test without a file" "test needs a FILE" "$program" test --load a.safetensors
refused "test on a missing file" "missing.tsv: there is no such file" "$program" test --load a.safetensors missing.tsv
refused "test on other labels" "words.tsv:1: found the label .positive., legal are .0., .1." "$program" test --load a.safetensors words.tsv
refused "test on a file for programs" "--test can.t be combined" "$program" predict --tsv --test good.tsv
refused "columns of no file" "--test" "$program" predict --load a.safetensors --label-column 2 good

[[ -e no.safetensors ]] && fail "a refused training left a file behind"

[[ -z $(find . -name '*.tmp') ]] || fail "a temporary file was left behind"

[[ $failures == 0 ]] && echo "all as it should be"
exit $failures
