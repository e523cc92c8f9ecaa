#!/usr/bin/env bash
# Usage: order.sh PROGRAM
#
# The example `order`: a model that is loaded is measured on sentences that it did not learn from.

source "$(dirname "$0")/checks.sh"

short=("$program" --short --threads 1 --hidden 8)
works "a seed" "right on +bag" "${short[@]}" --seed 7 --save a.safetensors --figures figures
works "the seed of a model that is loaded" "right on +bag" "${short[@]}" --load a.safetensors --figures loaded
cmp -s figures loaded || fail "it was measured on other sentences: $(cat figures loaded)"
works "the seed, said again" "right on +bag" "${short[@]}" --load a.safetensors --seed 7
refused "another seed" "a.safetensors: was trained with --seed 7: it can't be loaded with --seed 1$" "${short[@]}" --load a.safetensors --seed 1
refused "another seed to learn further" "it can't be loaded with --seed 1$" "${short[@]}" --load a.safetensors --seed 1 --epochs 1
# A file of an earlier version says nothing of its seed.
sed 's/examples.--seed/examples.--sold/; s/examples.--short/examples.--shirt/' a.safetensors >old.safetensors
works "a file without a seed" "right on +bag" "${short[@]}" --load old.safetensors --seed 1

[[ $failures == 0 ]]
