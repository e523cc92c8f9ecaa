#!/usr/bin/env bash
# Usage: generate.sh PROGRAM
#
# The example `generate` on a text of the user's: it learns it by heart and continues it, and refuses what it can't read.

source "$(dirname "$0")/checks.sh"

for _ in {1..120}; do echo "the cat sat on the mat, ça va"; done >a.txt
learn=("$program" --threads 1 --data a.txt --hidden 32 --dropout 0 --rate 1e-2)
works "a text" "3600 characters, 14 different ones\. The last tenth is held out\. .*On the tenth held out: 0\.0.*What you saw" "${learn[@]}" --epochs 40 --save a.safetensors --figures figures
awk '$1 == "nats" && $2 < 0.1 {low = 1} END {exit !low}' figures || fail "it has not learned a text by heart: $(cat figures)"
awk '$1 == "memory" && $2 < 0.1 {low = 1} END {exit !low}' figures || fail "a memory spoils what it knows by heart: $(cat figures)"
works "a text that it half knows" "On the tenth held out: " "${learn[@]}" --epochs 4 --figures half
awk '{figure[$1] = $2} END {exit !("memory" in figure && figure["memory"] < figure["nats"])}' half || fail "a memory makes it worse: $(cat half)"
works "a beginning" "the cat sat on the mat, ça va the cat sat" "$program" --data a.txt --load a.safetensors --prompt "the cat" --temperature 0 --length 80
# The file is whole: another process writes with it alone.
works "a model without its text" "^the cat sat on the mat, ça va the cat sat.*What you saw" "$program" --load a.safetensors --prompt "the cat" --temperature 0 --length 80
grep -q "held out" out && fail "it measured again, though it was only to write: $(cat out)"
# What it writes stays as it is: lines wider than a terminal, blanks, tabs.
long="the cat  sat on the mat;	it sat there until the moon had come, and then it went out to hunt for mice"
for _ in {1..40}; do echo "$long"; done >long.txt
works "a text of long lines" "cat" "$program" --threads 1 --data long.txt --hidden 64 --dropout 0 --rate 1e-2 --epochs 60 --prompt "the cat" --temperature 0 --length 250
grep -qxF "$long" out || fail "it breaks the lines that the network wrote: $(cat out)"
refused "a beginning that a model can't read" 'has the character "X"' "$program" --load a.safetensors --prompt X
refused "a memory without a text" "--memory with --load needs --data or --epochs" "$program" --load a.safetensors --memory 10
refused "going on without a text" "--dynamic with --load needs --data or --epochs" "$program" --load a.safetensors --dynamic 0.5
refused "a beginning that it can't read" 'has the character "X"' "$program" --data a.txt --load a.safetensors --prompt X
head -c 900 a.txt >few.txt
refused "a beginning that is not UTF-8" "the beginning must be text in UTF-8" "$program" --data a.txt --load a.safetensors --prompt "$(printf 'caf\xe9')"
refused "a short text" "few.txt has 8[0-9]+ characters: it must have at least 1000" "$program" --data few.txt
printf 'caf\xe9\n' >>a.txt
refused "a text that is not UTF-8" "a.txt:121: " "${learn[@]}"
refused "a probability above 1" "top_p|probability" "${learn[@]}" --top-p 2
refused "no text" "none.txt: " "$program" --data none.txt

[[ $failures == 0 ]]
