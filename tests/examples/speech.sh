#!/usr/bin/env bash
# Usage: speech.sh PROGRAM
#
# The example `speech` on files of sound: it writes what it heard, hears files, learns from a folder, and refuses wrong ones.

source "$(dirname "$0")/checks.sh"
short=("$program" --short --threads 1 --hidden 16)

works "strings" "On 10 strings of 3 to 7 digits held out, .*Sound: speech.wav" "${short[@]}" --save a.safetensors --figures figures
grep -qE "^strings [0-9.]+$" figures || fail "no figure: $(cat figures)"
refused "a model where its sound goes" "speech.wav: is kept for the picture or sound" "${short[@]}" --save speech.wav --overwrite
works "a file" "It heard [0-9]\.[0-9] s in " "${short[@]}" --load a.safetensors --listen speech.wav
grep -q "held out" out && fail "it measured again, though it was to listen: $(cat out)"
refused "figures of a file" "--listen measures nothing: leave out --figures" "${short[@]}" --load a.safetensors --listen speech.wav --figures none
[[ ! -e none ]] || fail "figures of a file that it only heard"
mkdir other
cp speech.wav other/was.wav
(cd other && echo mine >speech.wav
  works "a sound of the user's" "No sound: speech.wav is there, and may be yours. --overwrite replaces it" "${short[@]}" --load ../a.safetensors
  [[ $(cat speech.wav) == mine ]] || fail "it has replaced a sound of the user's"
  works "a sound that may be replaced" "Sound: speech.wav" "${short[@]}" --load ../a.safetensors --overwrite
  cmp -s speech.wav was.wav || fail "it has not replaced the sound"
  [[ $failures == 0 ]]) || fail "sounds that are there"
works "single digits" "digit +heard +right +taken for.*Right on .* of 20 digits held out" "${short[@]}" --single --save single.safetensors --figures single
grep -qE "^digits [0-9.]+$" single || fail "no figure: $(cat single)"

mkdir sounds
for number in 5 10 12; do cp speech.wav sounds/7_mary_$number.wav; done
works "a folder" "Right on .* of 1 digits held out" "${short[@]}" --single --data sounds
(cd sounds && refused "a sound among those that it reads" "speech.wav: would be written into the folder that is read" "${short[@]}" --data . && [[ ! -e speech.wav && $failures == 0 ]]) || fail "it writes into the folder that it reads"
cp speech.wav sounds/seven.wav
refused "a name of another form" "sounds/seven.wav: is not named DIGIT_SPEAKER_NUMBER.wav" "${short[@]}" --data sounds
rm sounds/seven.wav sounds/7_mary_5.wav
refused "nothing held out" "sounds: needs recordings with numbers below 10" "${short[@]}" --data sounds
refused "no folder" "none: is not a folder" "${short[@]}" --data none
echo "no sound" >text
refused "no sound" "text: is not a sound" "${short[@]}" --listen text
head -c 1000 speech.wav >half.wav
refused "a part of a sound" "half.wav: is cut short" "${short[@]}" --listen half.wav
(head -c 24 speech.wav; printf '\x44\xac\0\0'; tail -c +29 speech.wav) >fast.wav
refused "another rate" "fast.wav: has 44100 samples a second: it must have 8000" "${short[@]}" --listen fast.wav
works "a model of single digits, which says so itself" "digits held out" "${short[@]}" --load single.safetensors
refused "a model of another kind" "a.safetensors: was trained without --single: it can't be loaded with --single" "${short[@]}" --single --load a.safetensors
refused "single strings" "leave out --single" "${short[@]}" --single --listen speech.wav

[[ $failures == 0 ]]
