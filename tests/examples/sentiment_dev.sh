#!/usr/bin/env bash
# Usage: sentiment_dev.sh PROGRAM
#
# The example `sentiment` on a file without a dev part: a seed holds out a tenth of it. A model that is loaded has not learned
# from the sentences that are held out.

source "$(dirname "$0")/checks.sh"

for i in {1..20}; do printf 'the food is good %s\t1\nthe food is not good %s\t0\n' $i $i; done >good.tsv
head -n 10 good.tsv >dev.tsv
tiny=(train --data good.tsv --embedding 4 --hidden 6 --threads 1 --quiet --no-baseline --epochs 1)
works "a tenth" "a tenth of it held out.* dev +[0-9.]+ %.*dev also chose the best epoch" "$program" "${tiny[@]}" --seed 3 --save a.safetensors
works "the same tenth" "dev also chose" "$program" "${tiny[@]}" --load a.safetensors --save b.safetensors
works "the same tenth, said again" "dev also chose" "$program" "${tiny[@]}" --load b.safetensors --seed 3 --save c.safetensors
refused "another tenth" "^sentiment: --seed 4 does not go with --load: b.safetensors was trained without the tenth that --seed 3 holds out$" \
  "$program" "${tiny[@]}" --load b.safetensors --seed 4 --save d.safetensors
works "a dev file with another seed" "dev also chose" "$program" "${tiny[@]}" --dev dev.tsv --load a.safetensors --seed 4 --save e.safetensors
# A file of an earlier version says nothing of its seed.
sed 's/sentiment.held_out_by/sentiment.held_out_at/' a.safetensors >old.safetensors
works "a file without a seed" "dev also chose" "$program" "${tiny[@]}" --load old.safetensors --seed 4 --save g.safetensors
sed 's/"sentiment.held_out_by":"3"/"sentiment.held_out_by":"x"/' a.safetensors >wrong.safetensors
refused "a seed that is none" "wrong.safetensors: \"sentiment.held_out_by\" is \"x\": legal are integers from 0" \
  "$program" "${tiny[@]}" --load wrong.safetensors --save h.safetensors

[[ $failures == 0 ]]
