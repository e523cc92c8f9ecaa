#!/usr/bin/env bash
# Usage: translate.sh PROGRAM
#
# The example `translate` on a file of sentences: it learns them, translates what it is given, and refuses a broken line.

source "$(dirname "$0")/checks.sh"

# 400 sentences. Two have a second translation. One of them is held out; there the second stands first in the file. French has
# the colour last. A third of the names occur once.
awk 'BEGIN {
  split("red green blue black", c); split("rouge verte bleue noire", d)
  split("house car table door key", n); split("maison voiture table porte clef", m)
  split("Sell buy paint see find", v); split("vends achète peins vois trouve", w)
  split("the my your his", a); split("la ma ta sa", b)
  for (i = 1; i <= 4; ++i) for (j = 1; j <= 5; ++j) for (k = 1; k <= 5; ++k) for (l = 1; l <= 4; ++l) {
    name = ++x % 3 ? "Tom" : "N" x
    if (x == 10) print "paint my red house, Tom.\tvendez la maison rouge, Tom."
    printf "%s %s %s %s, %s.\t%s %s %s %s, %s.\n", v[k], a[l], c[i], n[j], name, w[k], b[l], m[j], d[i], name
  }
  print "sell THE red house, Tom.\tvendez la maison rouge, Tom."
}' >pairs
learn=("$program" --threads 1 --data pairs --hidden 32 --least 2 --batch 8 --rate 1e-2)
works "a file" "402 pairs\. 40 sentences .*exact +BLEU +first +with attention +100\.0 % +100\.0 +9[0-9]\.[0-9] +without +[0-9.]+ %" "${learn[@]}" --epochs 30 --compare --save a.safetensors --figures figures
grep -q "^exact 1$" figures && grep -q "^bleu 100$" figures && grep -q "^bleu-single 9" figures && grep -q "^gain " figures || fail "no figures: $(cat figures)"
grep -q "^‚,[0-9]" translate.csv || fail "no words in the numbers of the picture: $(cat translate.csv)"
refused "a network that has learned beside one that has not" "^translate: --compare trains both networks: leave out --load$" "$program" --data pairs --load a.safetensors --compare
works "a sentence" "find my black door, tom\. +trouve ma porte noire, tom\. .*Where it looks" "$program" --load a.safetensors --sentence "Find my black door, Tom."
printf 'Find my black door, Tom.\n\nSEE the red KEY , tom .\n' | "$program" --load a.safetensors >out 2>err
printf 'trouve ma porte noire, tom.\n\nvois la clef rouge, tom.\n' | cmp -s - out || fail "lines: $(cat out err)"
works "a name that it does not know" "trouve ma porte noire, anna\. " "$program" --load a.safetensors --sentence "find my black door, Anna."
printf 'caf\xe9\n' | "$program" --load a.safetensors >out 2>err && fail "a line that is not UTF-8 was translated: $(cat out)"
printf 'a\tb\nc\n' >broken
refused "a broken line" "broken:2: found 1 fields" "$program" --short --data broken
refused "too few sentences" "at least ten" "$program" --short --data <(printf 'a\tb\n')
refused "other pairs held out" "a.safetensors: was trained with --words 10: it can't be loaded with --words 8" "$program" --data pairs --load a.safetensors --words 8
refused "a sentence without words" "has no words" "$program" --load a.safetensors --sentence " "
refused "longer sentences than a model writes" "at most" "$program" --load a.safetensors --epochs 1 --data <(for i in {1..10}; do printf 'a%d\t1 2 3 4 5 6 7 8 9 10\n' $i; done)

# Another seed draws other numbers, and divides them anew.
works "numbers of a seed" "held out" "$program" --short --threads 1 --hidden 8 --seed 7 --save seed.safetensors
works "the same numbers" "2000 pairs.*held out" "$program" --threads 1 --load seed.safetensors --epochs 1
refused "other numbers" "seed.safetensors: was trained with --seed 7: it can't be loaded with --seed 1$" "$program" --short --load seed.safetensors --epochs 1 --seed 1
works "a file with another seed" "402 pairs" "$program" --threads 1 --data pairs --load a.safetensors --epochs 1 --seed 2

[[ $failures == 0 ]]
