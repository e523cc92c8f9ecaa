#!/usr/bin/env bash
# Usage: program.sh PROGRAM
#
# What all examples with examples/common/command_line.hpp promise: options, files, Ctrl-C, and one line on the standard
# error stream and exit code 2 for each wrong input.

source "$(dirname "$0")/checks.sh"

# works WHAT COMMAND...: ends with 0
works() {
  local what=$1
  shift
  "$@" >out 2>err </dev/null || fail "$what: exit code $? and '$(cat err)'"
}

works "help" "$program" --help
for option in threads seed cell clip epochs save load; do
  grep -q -- "--$option " out || fail "help does not list --$option"
done
grep -qE 'INT|TEXT:|FLOAT|\{false\}' out && fail "help speaks the language of its parser: $(cat out)"
wide=$(awk '/^  +-/ && length > 80' out)
[[ -z $wide ]] || fail "options in the help are wider than 80 columns: $wide"

short=("$program" --short --threads 1)
works "saving" "${short[@]}" --save a.safetensors --log log.csv --figures figures
works "the same seed" "${short[@]}" --save b.safetensors
cmp -s a.safetensors b.safetensors || fail "the same seed gave other weights"
works "another seed" "${short[@]}" --seed 2 --save b.safetensors --overwrite
cmp -s a.safetensors b.safetensors && fail "another seed gave the same weights"
grep -q "^epoch," log.csv && [[ $(wc -l <log.csv) -ge 2 ]] || fail "no log: $(cat log.csv)"
works "loading" "${short[@]}" --load a.safetensors
works "training further" "${short[@]}" --load a.safetensors --epochs 1 --save c.safetensors
cmp -s a.safetensors c.safetensors && fail "training further changed nothing"
works "another cell" "${short[@]}" --cell rnn-relu --clip 0

refused "a file that exists" "a.safetensors: exists already" "${short[@]}" --save a.safetensors
refused "a folder that does not exist" "can't be" "${short[@]}" --save none/a.safetensors
refused "loading what is not there" "none: there is no such file" "${short[@]}" --load none
echo text >text
refused "loading what is no model" "text: " "${short[@]}" --load text
head -c 200 a.safetensors >half
refused "loading a part of a model" "half: " "${short[@]}" --load half
refused "a cell" '"lstn" is not legal' "${short[@]}" --cell lstn
refused "no epochs" '"0" is not legal' "${short[@]}" --epochs 0
refused "a value that is missing" "needs a value" "${short[@]}" --seed
refused "an option twice" "more than once" "${short[@]}" --seed 1 --seed 2
if [[ -w /dev/full ]]; then
  code=0
  "${short[@]}" >/dev/full 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "a full device: exit code $code"
fi
[[ -e none ]] && fail "something was left behind"

set -m  # else a command in the background would not hear of Ctrl-C
"${short[@]}" --epochs 100000 --save interrupted.safetensors >out 2>err </dev/null &
pid=$!
set +m
for _ in {1..1200}; do
  if grep -qE "^epoch +2/" err || ! kill -0 $pid 2>/dev/null; then break; fi
  sleep 0.05
done
kill -INT $pid 2>/dev/null  # one that stops by itself may have ended
wait $pid || fail "Ctrl-C: exit code $? and $(cat err)"
[[ -s interrupted.safetensors ]] || fail "Ctrl-C: nothing was saved"

[[ $failures == 0 ]]
