#!/usr/bin/env bash
# Usage: names.sh PROGRAM
#
# The example `names` on a folder of names: it learns few as well as many, answers, and refuses what it can't measure on.

source "$(dirname "$0")/checks.sh"

# Two languages: names of one end in -ov, of the other in -ez.
mkdir few none one
for letter in {a..z}; do
  echo "${letter}anov" >>few/North.txt
  echo "${letter}anez" >>few/South.txt
done
for language in North South; do head -n 9 few/$language.txt >none/$language.txt; done
cp few/North.txt one
works "a folder" "52 names in 2 languages: North, South\. 4 of them are held out.*North +2 +100 % .*Accuracy on the names held out: 100\.0 % of 4;.*petrov: North .*What you saw" \
  "$program" --threads 1 --data few --hidden 16 --epochs 40 --rate 1e-2 --save a.safetensors --figures figures petrov
grep -q "^accuracy 1$" figures || fail "no figure: $(cat figures)"
grep -q "^new 1$" figures || fail "no figure of the names that are new: $(cat figures)"
# The file is whole: another process answers with it alone.
works "a model without its data" "^petrov: North .*martanez: South .*What you saw" "$program" --load a.safetensors petrov martanez
grep -q "held out" out && fail "it measured again, though it was only to answer: $(cat out)"
printf 'petrov\n\n martanez \r\n' | "$program" --load a.safetensors >out 2>err || fail "lines: $(cat err)"
[[ $(sed 's/ [0-9].*//' out | tr '\n' ';') == "North;;South;" ]] || fail "lines: $(cat out err)"
printf 'caf\xe9\n' | "$program" --load a.safetensors >out 2>err && fail "a line that is not UTF-8 was answered: $(cat out)"
refused "figures of nothing" "--figures with --load needs --data or --epochs" "$program" --load a.safetensors --figures no_figures
refused "weights for nothing" "--balance with --load needs --data or --epochs" "$program" --load a.safetensors --balance
refused "other names to learn from" "a.safetensors knows other languages: North, South" "$program" --short --load a.safetensors --epochs 1
works "a file with another seed" "held out" "$program" --data few --load a.safetensors --epochs 1 --seed 2
works "few names to show" "janov: North .* tanov: North" "$program" --data few --load a.safetensors
refused "nothing held out" "no name is left to measure on: give at least ten of a language" "$program" --short --data none
refused "one language" "one: has 1 files called CLASS.txt" "$program" --short --data one
refused "no folder" "nowhere: can't be read as a folder" "$program" --short --data nowhere
refused "no name" '" " is not a name' "$program" --short " "
mkdir escape
cp few/North.txt $'escape/No\e[2Jrth.txt'
cp few/South.txt escape
works "a language with a sign for the terminal" "No.x1B.2Jrth " "$program" --short --threads 1 --data escape petrov
grep -q $'\e' out && fail "a name of the file reaches the terminal as it is"
cp few/North.txt few/West.txt
refused "a language that a model does not know" "a.safetensors knows other languages: North, South" "$program" --data few --load a.safetensors
printf 'caf\xe9\n' >>few/West.txt
refused "a name that is not UTF-8" "few/West.txt:27: " "$program" --short --data few

# Another seed invents other names, and divides them anew.
works "names of a seed" "held out" "$program" --short --threads 1 --hidden 8 --seed 7 --save seed.safetensors
works "the same names" "held out" "$program" --threads 1 --load seed.safetensors --epochs 1 --save further.safetensors
refused "other names" "further.safetensors: was trained with --seed 7: it can't be loaded with --seed 1$" "$program" --short --load further.safetensors --epochs 1 --seed 1

[[ $failures == 0 ]]
