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
works "a signal" "0:00:30\\.[0-9] +alarm From 0:00:25.0 to 0:00:40.0 there was 1 alarm\\. The most news came at 0:00:3[01]\\.[0-9]: " "${hear[@]}" --data a.csv --healthy 0.625 --figures figures
grep -q "^alarms 1$" figures || fail "no figure: $(cat figures)"
works "a healthy signal" "there were 0 alarms" "${hear[@]}" --data healthy.csv --healthy 0.9 --save m.safetensors
works "another signal" "0:00:10\\.[0-9] +alarm.* From 0:00:00.0 to 0:00:20.0 there was 1 alarm\\." "$program" --data today.csv --per-second 100 --load m.safetensors
# As it comes through the standard input: the alarm is written before the end has come.
stream=("$program" --data - --per-second 100 --load m.safetensors)
mkfifo pipe
begin() { : >live; "${stream[@]}" <pipe >live 2>err & pid=$!; exec 9>pipe; }
await_alarm() { for _ in {1..600}; do if grep -q alarm live; then return; fi; sleep 0.1; done; fail "no alarm while the stream goes on: $(cat live err)"; }
begin
head -n 1300 today.csv >&9
await_alarm
tail -n 700 today.csv >&9
exec 9>&-
wait $pid || fail "a stream: exit code $? and $(cat err)"
tr '\n' ' ' <live | grep -qE "It listens to a signal of 100 samples a second. Ctrl-C ends it. +0:00:10\.[0-9] +alarm +From 0:00:00.0 to 0:00:20.0 there was 1 alarm\." || fail "a stream: $(cat live)"
set -m  # else a command in the background would not hear of Ctrl-C
begin
set +m
head -n 1300 today.csv >&9
await_alarm
kill -INT $pid
wait $pid || fail "Ctrl-C ends a stream: exit code $? and $(cat err)"
exec 9>&-
grep -q "From 0:00:00.0 to 0:00:13.0 there was 1 alarm" live || fail "Ctrl-C ends a stream: $(cat live)"
printf 'vibration\n   3.1 \r\nx\n' | "${stream[@]}" >out 2>err && fail "a word in a stream was heard"
grep -qx 'anomaly: standard input:3: found "x": it must be a number' err || fail "a word in a stream: $(cat err)"
refused "a stream that has ended" "has 0 samples: it needs more than 100" "${stream[@]}"
refused "a stream to learn from" "it needs --load, without --epochs" "$program" --data - --per-second 100
refused "a stream that can't be read" "the standard input can't be read" bash -c '"$@" <.' - "${stream[@]}"
# The same as sound: 16 bits, 100 samples a second. The header of the stream says the largest size, as that of a recorder does.
bytes() { printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
as_wav() { printf '%b' "RIFF$(bytes $((36 + $2)))WAVEfmt $(bytes 16)\x01\0\x01\0$(bytes 100)$(bytes 200)\x02\0\x10\0data$(bytes "$2")$(awk '{v = int(4096 * $1); printf "\\x%02x\\x%02x", v % 256, v / 256}' "$1")"; }
as_wav healthy.csv 5800 >healthy.wav
if "$program" --threads 1 --hidden 8 --epochs 40 --data healthy.wav --healthy 0.9 --save wav.safetensors >/dev/null 2>err </dev/null; then
  as_wav today.csv $((4294967295 - 36)) | "$program" --data - --load wav.safetensors >live 2>err || fail "sound in a stream: $(cat err)"
  grep -q "From 0:00:00.0 to 0:00:20.0 there was 1 alarm" live || fail "sound in a stream: $(cat live)"
else
  grep -q "built without libsndfile" err || fail "sound in a file: $(cat err)"
fi
works "the machine, without an allocation" "Allocations in [0-9]+ steps: (0|not counted)" "$program" --short --threads 1 --figures machine
grep -q "^allocations 0$" machine || ! grep -q "^allocations" machine || fail "it allocates: $(cat machine)"
works "at the pace of the machine" "In 0:00:02 the network" "$program" --short --threads 1 --live --hours 0.0006
refused "the pace of a file" "leave it out with --data" "${hear[@]}" --data a.csv --live
refused "another rate" "m.safetensors: is for a signal of 100 samples a second, but the data are a signal of 500" "$program" --data today.csv --load m.safetensors
refused "the machine" "m.safetensors: is for a signal of 100" "$program" --short --load m.safetensors
refused "too little to learn from" "needs 2000" "${hear[@]}" --data today.csv
refused "too little to know what is usual" "the healthy part has 2000 of 4000 samples: it needs 30000" "$program" --data a.csv --per-second 10000
head -n 90 a.csv >few.csv
refused "too little to listen to" "it needs more than 100" "$program" --data few.csv --per-second 100 --load m.safetensors
awk 'BEGIN {for (t = 0; t < 9000; ++t) print 1}' >same.csv
refused "nothing to learn" "the same number throughout" "${hear[@]}" --data same.csv
sed '7s/.*//' a.csv >blank.csv
refused "a blank line" "blank.csv:7: " "${hear[@]}" --data blank.csv
sed 's/$/,1/' a.csv >two.csv
refused "two columns" "two.csv: has 2 columns: it must have one" "${hear[@]}" --data two.csv
refused "how long to listen to a file" "leave it out with --data" "${hear[@]}" --data a.csv --hours 2
refused "a part of the machine" "^anomaly: --healthy needs --data$" "$program" --short --healthy 0.3
refused "a part of what it only listens to" "^anomaly: --healthy with --load needs --epochs too" "$program" --data today.csv --per-second 100 --load m.safetensors --healthy 0.3
refused "a rate for a sound" "^anomaly: --per-second is for a column of numbers: leave it out" "$program" --data healthy.wav --per-second 100
refused "no time" "^anomaly: --hours 1e-07: it must be a second" "$program" --short --hours 1e-7
works "a second" "In 0:00:01 the network" "$program" --short --threads 1 --hours 0.0003
# It saves before it listens, so a signal that can't be heard to its end leaves a model.
"${hear[@]}" --data a.csv --healthy 0.625 --save early.safetensors 2>err | true  # nobody reads what it says: that ends it
[[ -s early.safetensors ]] || fail "it listens before it saves"
refused "no file" "none.csv" "${hear[@]}" --data none.csv

[[ $failures == 0 ]]
