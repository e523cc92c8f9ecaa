#!/usr/bin/env bash
# Usage: program.sh PROGRAM FIGURE...
#
# What all examples with examples/common/command_line.hpp promise: options, files, Ctrl-C, and one line on the standard
# error stream and exit code 2 for each wrong input. In its short mode the program measures each FIGURE.

source "$(dirname "$0")/checks.sh"

# works WHAT COMMAND...: ends with 0
works() {
  local what=$1
  shift
  "$@" >out 2>err </dev/null || fail "$what: exit code $? and '$(cat err)'"
}

works "help" "$program" --help
for option in threads seed cell clip epochs save load log checkpoint resume; do
  grep -q -- "--$option " out || fail "help does not list --$option"
done
grep -qE 'INT|TEXT:|FLOAT|Positionals|\{false\}' out && fail "help speaks the language of its parser: $(cat out)"
wide=$(awk 'length > 80' out)
[[ -z $wide ]] || fail "the help is wider than 80 columns: $wide"

short=("$program" --short --threads 1)
works "saving" "${short[@]}" --save a.safetensors --log log.csv --figures figures
kept=("${short[@]}" --save b.safetensors --log kept.csv --resume)
works "the same seed, with checkpoints" "${kept[@]}"
cmp -s a.safetensors b.safetensors || fail "the same seed gave other weights"
works "going on with what is finished, by the same command" "${kept[@]}"
cmp -s a.safetensors b.safetensors || fail "what was finished has other weights"
[[ $(wc -l <log.csv) == $(wc -l <kept.csv) ]] || fail "a log that goes on has other epochs: $(cat kept.csv)"
grep -q "This run was complete, so nothing was trained" out || fail "a run that was complete already does not say so"
# A run that goes on replaces only its own results.
echo mine >mine
for result in "--log mine" "--figures mine" "--save mine"; do
  refused "$result that is not of this run" "mine: exists already" "${short[@]}" --checkpoint b.safetensors.checkpoints --resume $result
done
[[ $(cat mine) == mine ]] || fail "a run that goes on has replaced a file of the user"
works "another seed" "${short[@]}" --seed 2 --save b.safetensors --overwrite
cmp -s a.safetensors b.safetensors && fail "another seed gave the same weights"
# What it writes beside the files that the user named: no such file is taken as data.
"$program" --help >help
if grep -qE -- "^ +--data (FILE|PATH|FOLDER[|]FILE)" help; then
  for file in *; do
    case $file in *.safetensors | *.checkpoints | log.csv | kept.csv | figures | mine | out | err | help | speech.wav) continue ;; esac
    cp "$file" before
    refused "its own $file as data" "$file: would be replaced by what this program writes" "${short[@]}" --data "$file"
    cmp -s "$file" before || fail "it has replaced $file, which was to be read"
    rm before
  done
fi
grep -q "^epoch," log.csv && [[ $(wc -l <log.csv) -ge 2 ]] || fail "no log: $(cat log.csv)"
works "loading" "${short[@]}" --load a.safetensors
works "training further" "${short[@]}" --load a.safetensors --epochs 1 --save c.safetensors
cmp -s a.safetensors c.safetensors && fail "training further changed nothing"
works "another cell" "${short[@]}" --cell rnn-relu --clip 0
awk -F, 'NR > 1 && $4 == "nan" {exit 1}' log.csv || fail "no part chooses the best epoch: $(cat log.csv)"
(($# > 1)) || fail "no figure of the program is demanded"
for figure in "${@:2}"; do
  grep -qE "^$figure -?[0-9]" figures || fail "the figure $figure was not measured: $(cat figures)"
done

# A network that is loaded brings its cell and its sizes along.
cell=gru; [[ $(grep -ao '"examples.--cell":"[a-z-]*"' a.safetensors) == *gru* ]] && cell=lstm
refused "another cell for a model" "a.safetensors: was trained with --cell .*: it can't be loaded with --cell $cell" \
  "${short[@]}" --load a.safetensors --cell $cell
refused "another size for a model" "a.safetensors: was trained with --hidden [0-9]+: it can't be loaded with --hidden 7" \
  "${short[@]}" --load a.safetensors --hidden 7
works "a size of its own" "${short[@]}" --hidden 7 --save seven.safetensors
works "a model of this size, which nobody says again" "${short[@]}" --load seven.safetensors
works "a model of this size, which is said again" "${short[@]}" --load seven.safetensors --hidden 7
refused "saving without training" "--save with --load needs --epochs too" "${short[@]}" --load a.safetensors --save d.safetensors
refused "checkpoints without training" "--checkpoint with --load needs --epochs too" "${short[@]}" --load a.safetensors --checkpoint d
refused "going on from nowhere" "--resume needs --checkpoint FOLDER, or --save FILE" "${short[@]}" --resume
refused "checkpoints of two trainings" "there are checkpoints of a run already" "${short[@]}" --checkpoint b.safetensors.checkpoints
sed 's/"examples.program":"./"examples.program":"X/' a.safetensors >other.safetensors
refused "a model of another program" "other.safetensors: is a model of another program" "${short[@]}" --load other.safetensors

refused "a file that exists" "a.safetensors: exists already" "${short[@]}" --save a.safetensors
if grep -qE -- "^ +--data (FILE|PATH|FOLDER[|]FILE)" help; then
  for result in --save --log --figures; do
    refused "data as $result" "mine: is read: give the result another name" "${short[@]}" --data mine $result mine --overwrite
  done
  [[ $(cat mine) == mine ]] || fail "a result has replaced the data"
fi
refused "a model as a log" "a.safetensors: is read" "${short[@]}" --load a.safetensors --epochs 1 --log a.safetensors --overwrite
own=$(basename "$program").csv
for option in --save --log --figures; do
  refused "a result where its picture goes" "$own: is kept for the picture or sound of this program: give another name" "${short[@]}" --overwrite $option "./$own"
done
refused "two results in one file" "twice: is the file of two options" "${short[@]}" --save "$PWD/twice" --log twice
refused "a folder that does not exist" "can't be" "${short[@]}" --save none/a.safetensors
mkdir folder
for option in --save --log --figures; do refused "a folder for a file" "folder: is a folder: give the name of a file" "${short[@]}" $option folder --overwrite; done
refused "loading what is not there" "none: there is no such file" "${short[@]}" --load none
echo text >text
refused "loading what is not a model" "text: " "${short[@]}" --load text
head -c 200 a.safetensors >half
refused "loading a part of a model" "half: " "${short[@]}" --load half
refused "a cell" '"lstn" is not legal' "${short[@]}" --cell lstn
refused "no epochs" '"0" is not legal' "${short[@]}" --epochs 0
refused "a value that is missing" "needs a value" "${short[@]}" --seed
refused "a value for a flag" "--short takes no value" "$program" --short=3
refused "an option twice" "more than once" "${short[@]}" --seed 1 --seed 2
if [[ -w /dev/full ]]; then
  code=0
  "${short[@]}" >/dev/full 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "a full device: exit code $code"
fi
[[ -e none ]] && fail "something was left behind"

set -m  # else a command in the background would not hear of Ctrl-C
"${short[@]}" --epochs 100000 --save interrupted.safetensors --log interrupted.csv >out 2>err </dev/null &
pid=$!
set +m
for _ in {1..1200}; do
  if grep -qE "^epoch +2/" err || ! kill -0 $pid 2>/dev/null; then break; fi
  sleep 0.05
done
kill -INT $pid 2>/dev/null  # one that stops by itself may have ended
wait $pid || fail "Ctrl-C: exit code $? and $(cat err)"
[[ -s interrupted.safetensors ]] || fail "Ctrl-C: nothing was saved"
# The last row of the log may be that of another network, which the program trained before; it has then ended by itself.
best=$(sed -n 's/^interrupted: the model has the weights of epoch \([0-9]*\)$/\1/p' err | head -n 1)
[[ $best ]] || fail "Ctrl-C: the weights are not those of the best epoch: $(cat err)"
awk -F, -v best="$best" 'NR > 1 {good = $5 == "nan" ? -$4 : $5; if (NR == 2 || good > most) most = good; if ($1 == best) its = good}
  END {exit !(NR > 1 && its == most)}' interrupted.csv || fail "Ctrl-C: epoch $best is not the best one: $(cat interrupted.csv)"
tr '\n' ' ' <out | grep -q "You ended the training early" || fail "Ctrl-C: it closes as if all were trained: $(cat out)"

[[ $failures == 0 ]]
