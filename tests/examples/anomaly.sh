#!/usr/bin/env bash
# Usage: anomaly.sh PROGRAM
#
# The example `anomaly` on a signal of the user's: it learns from the healthy part, says where it no longer sounds like
# itself, also in another signal, and refuses what it can't read.

source "$(dirname "$0")/checks.sh"

# 40 seconds of a tone with some noise, 100 numbers a second. It changes its pitch for a second after 30 seconds.
awk 'BEGIN {x = 1; for (t = 0; t < 4000; ++t) {x = x * 16807 % 2147483647; fault = t >= 3000 && t < 3100; a += fault ? 0.9 : 0.5; printf "%.4f\n", 3 + sin(a) + 0.1 * x / 2147483647}}' >a.csv
head -n 2900 a.csv >healthy.csv
tail -n 2000 a.csv >today.csv
hear=("$program" --threads 1 --hidden 8 --per-second 100 --epochs 40)
works "a signal" "0:00:30\\.[0-9] +alarm, up to .* From 0:00:25.0 to 0:00:40.0 there was 1 alarm\\." "${hear[@]}" --data a.csv --healthy 0.625 --figures figures
grep -q "^alarms 1$" figures || fail "no figure: $(cat figures)"
works "a healthy signal" "there were 0 alarms" "${hear[@]}" --data healthy.csv --healthy 0.9 --save m.safetensors
works "another signal" "0:00:10\\.[0-9] +alarm.* From 0:00:00.0 to 0:00:20.0 there was 1 alarm\\." "$program" --data today.csv --per-second 100 --load m.safetensors
refused "another rate" "m.safetensors: is for a signal of 100 samples a second, but the data are a signal of 500" "$program" --data today.csv --load m.safetensors
refused "the machine" "m.safetensors: is for a signal of 100" "$program" --short --load m.safetensors
refused "too little to learn from" "needs 2000" "${hear[@]}" --data today.csv
awk 'BEGIN {for (t = 0; t < 9000; ++t) print 1}' >same.csv
refused "nothing to learn" "the same number throughout" "${hear[@]}" --data same.csv
sed '7s/.*//' a.csv >blank.csv
refused "a blank line" "blank.csv:7: " "${hear[@]}" --data blank.csv
sed 's/$/,1/' a.csv >two.csv
refused "two columns" "two.csv: has 2 columns: it must have one" "${hear[@]}" --data two.csv
refused "how long to listen to a file" "leave it out with --data" "${hear[@]}" --data a.csv --hours 2
refused "a part of the machine" "^anomaly: --healthy needs --data$" "$program" --short --healthy 0.3
refused "no file" "none.csv" "${hear[@]}" --data none.csv

[[ $failures == 0 ]]
