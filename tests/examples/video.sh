#!/usr/bin/env bash
# Usage: video.sh PROGRAM
#
# The example `video` on films: PGM images in a file and in a folder. It learns nothing from the part that is held out,
# and refuses what it can't read with the number of the image.

source "$(dirname "$0")/checks.sh"

# 100 frames of 6 x 4 pixels, in which a dot runs in circles; in other.pgm the last fifth comes in the other order.
frame() { awk -v t="$1" 'BEGIN {printf "P2 6 4 9\n"; for (i = 0; i < 24; ++i) printf "%d ", 9 * (i == t % 24); print ""}'; }
mkdir frames empty
for t in {0..99}; do frame "$t" | tee "frames/$(printf %03d "$t").pgm" >>film.pgm; done
{ head -n 160 film.pgm; for t in {99..80}; do frame "$t"; done; } >other.pgm
short=("$program" --short --threads 1 --hidden 4 --reads 5 --ahead 4)
works "a folder" "62 clips of 4 x 6 pixels to learn from, 2 to choose the best epoch, 12 others to measure on. It reads 5 frames and predicts 4" \
  "${short[@]}" --data frames --save folder.safetensors
[[ $(wc -l <video.csv) == 9 ]] || fail "no strip of two rows of frames: $(cat video.csv)"
works "a file" "62 clips of 4 x 6" "${short[@]}" --data film.pgm --save file.safetensors
cmp -s folder.safetensors file.safetensors || fail "the same film gave another network"
works "another future" "62 clips" "${short[@]}" --data other.pgm --save other.safetensors
cmp -s file.safetensors other.safetensors || fail "the network has learned from what is held out"
works "the same network" "62 clips" "${short[@]}" --data film.pgm --load other.safetensors
works "one frame ahead" "predicts 1" "$program" --short --threads 1 --hidden 4 --data film.pgm --ahead 1
rm video.*
echo mine >video.gif
works "a film of the user's" "No picture: video.gif is there, and may be yours" "${short[@]}" --data film.pgm
[[ $(cat video.gif) == mine && ! -e video.csv ]] || fail "it has replaced a film of the user's"
rm video.gif
works "no picture without gnuplot" "Numbers: video.csv. A picture of them, by gnuplot" env PATH=/none "${short[@]}" --data film.pgm

# What is measured does not depend on how many clips it learned from.
works "balls" "200 clips of 16 x 16" "$program" --short --threads 1 --hidden 4 --save balls.safetensors --figures before
works "the same balls" "7 clips of 16 x 16" "$program" --threads 1 --load balls.safetensors --clips 7 --figures after
grep -q "^ten [0-9.]*$" before && cmp -s <(grep -v training before) <(grep -v training after) || fail "with other --clips it was measured on others: $(cat before after)"
refused "clips of balls in a film" "^video: --clips is for the balls: leave it out with --data$" "${short[@]}" --data film.pgm --clips 7
for _ in {0..99}; do frame 3; done >still.pgm
works "a film that stands still" " 1 +[0-9.]+ +0\.0000 +- .* 4 +[0-9.]+ +0\.0000 +- " "${short[@]}" --data still.pgm --figures still
grep -qE "next|ten" still && fail "a figure that was not measured: $(cat still)"
works "ten ahead" "predicts 10" "$program" --short --threads 1 --hidden 4 --reads 5 --ahead 10 --figures ten
grep -q "^ten [0-9.]*$" ten || fail "no figure of ten ahead: $(cat ten)"
refused "a film that is too short" "a film of 100 frames is too short for --reads 20 and --ahead 1: it must have 105" \
  "$program" --short --data film.pgm --reads 20 --ahead 1
refused "a film that is not there" "none: " "${short[@]}" --data none
refused "a folder without frames" "has no files called .pgm" "${short[@]}" --data empty
frame 3 | sed 's/P2 6/P2 5/' >frames/050.pgm
refused "frames of two sizes" "050.pgm: image 1, .* has 5 x 4 pixels" "${short[@]}" --data frames
refused "a network for another size" "folder.safetensors: is for frames of 4 x 6 pixels, but the data are frames of 16 x 16 pixels" "$program" --short --load folder.safetensors

[[ $failures == 0 ]]
