#!/usr/bin/env bash
# Usage: melody.sh PROGRAM
#
# The example `melody` on ABC files: it learns a tune by heart and writes it, as ABC, MIDI and WAV. It refuses what it can't
# read or does not know.

source "$(dirname "$0")/checks.sh"

# One tune thirty times in two files, and a broken one.
mkdir tunes
for i in {1..30}; do printf 'X:%d\nM:3/4\nL:1/8\nK:G\n|:"G"G2A2B2|"D7"A4F2:|\n\n' "$i" >>"tunes/$((i % 2)).abc"; done
printf 'X:31\nM:3/4\nK:G\nG2#\n' >>tunes/1.abc
learn=(--threads 1 --hidden 32 --dropout 0 --batch 4 --epochs 60 --rate 1e-2)
works "a folder" "1 tunes can't be read and are left out, the first: tunes/1.abc:[0-9]+: found .#. .* 30 tunes, of which 3 .* written +10 +10 +10 held out +3 +3 +3 .*G2A2B2.*To read and to hear: t.abc" \
  "$program" --data tunes "${learn[@]}" --tunes 10 --temperature 0.3 --name t --save t.safetensors --figures figures
grep -q "^parse 1$" figures && grep -q "^strict 1$" figures || fail "no figures: $(cat figures)"
tail -n 2 t.abc | tr '\n' ' ' | grep -qF 'L:1/8 |:"G"G2A2B2|"D7"A4F2:|' || fail "it wrote another tune: $(cat t.abc)"
# Four bars of three quarters, 140 a minute, and half a second: 22050 x (12 x 60 / 140 + 0.5) samples of two bytes behind 44.
[[ ! -e t.wav || $(wc -c <t.wav) == $((44 + 2 * (22050 * 12 * 60 / 140 + 11025))) ]] || fail "the WAV file has $(wc -c <t.wav) bytes"
# The first note is G above the middle C, 392 Hz, for a quarter: what the file has of that frequency, and of the next key's.
if [[ -e t.wav ]]; then
  tail -c +45 t.wav | od -An -v -td2 -w2 | awk 'NR <= 9000 {for (k = 0; k < 2; ++k) {w = 6.283185307 * (k ? 415.3 : 392) / 22050; a[k] += $1 * cos(w * NR); b[k] += $1 * sin(w * NR)}}
    END {for (k = 0; k < 2; ++k) of[k] = 2 * sqrt(a[k] ^ 2 + b[k] ^ 2) / 9000 / 32768; print of[0], of[1]; exit !(of[0] > 0.02 && of[0] > 5 * of[1])}' >spectrum ||
    fail "the WAV file has another pitch: $(cat spectrum)"
fi
# A head of 22 bytes, a tempo of 7, two instruments of 3 and an end of 4. 10 notes and 4 chords, of 3 and 4 notes, are 48
# events of 4 bytes; time takes 1 byte more after a quarter, 2 more after a half, 6 more each time.
[[ $(head -c 4 t.mid) == MThd && $(wc -c <t.mid) == 243 ]] || fail "the MIDI file has $(wc -c <t.mid) bytes"
# The file is whole: another process writes a tune with it alone, in the key and the metre of a tune held out.
works "a model without its data" "^ *X:1 .*M:3/4 K:G .*To read and to hear: w.abc.* 1 tune drawn until its bars were full, with the upbeats\..*What you saw" \
  "$program" --load t.safetensors --temperature 0.3 --name w
grep -q "held out" out && fail "it measured again, though it was only to write: $(cat out)"
[[ $(tail -n 2 w.abc) == "$(tail -n 2 t.abc)" && -s w.mid ]] || fail "it wrote another tune: $(cat w.abc)"
refused "a key that a model does not know" 'no tune in the key "H", but in G' "$program" --load t.safetensors --key H
refused "counting without data" "--tunes with --load needs --data or --epochs" "$program" --load t.safetensors --tunes 3
works "tunes that are never full" "This can't be played: .*None of 20 tunes had full bars\." "$program" --load t.safetensors --short --temperature 1e30 --name x
works "a key and a metre" "M:3/4 K:G" "$program" --data tunes --load t.safetensors --key G --metre 3/4 --name u
refused "a key that it does not know" 'no tune in the key "H", but in G' "$program" --data tunes --load t.safetensors --key H
refused "a metre that it does not know" 'no tune in the metre "4/4", but in 3/4' "$program" --data tunes --load t.safetensors --metre 4/4
cp tunes/0.abc melody.abc
refused "tunes that it would replace" "melody.abc: would be replaced by what this program writes" "$program" --short --data melody.abc
refused "tunes of the user's" "melody.abc: exists already: replace it with --overwrite" "$program" --load t.safetensors
cmp -s tunes/0.abc melody.abc || fail "it has replaced the user's tunes"
rm melody.abc
for ending in abc mid wav; do
  echo mine >mine.$ending
  refused "a file of the user's" "mine.$ending: exists already: replace it with --overwrite" "$program" --load t.safetensors --name mine
  [[ $(cat mine.$ending) == mine ]] || fail "it has replaced mine.$ending"
  rm mine.$ending
done
refused "a tune that has a name" "w.abc: exists already" "$program" --load t.safetensors --name w
works "a tune that may be replaced" "To read and to hear: w.abc" "$program" --load t.safetensors --temperature 0.3 --name w --overwrite
for _ in 1 2; do works "a tune without a name, which the next one replaces" "To read and to hear: melody.abc" "$program" --load t.safetensors --temperature 0.3; done
refused "a tune among those that it reads" "t.abc: would be written into the folder that is read" "$program" --short --data . --name t
(cd tunes && refused "a tune beside those that it reads" "melody.abc: would be written into the folder that is read" "$program" --short --data "$PWD" && [[ $failures == 0 ]]) || fail "another name for the folder"
printf 'X:1\nK:C\nABC\n' >few
mkdir empty
refused "too few tunes" "found 1 tunes: there must be at least 20" "$program" --data few
refused "no tunes" "has no tunes" "$program" --data <(echo) --short
refused "tunes that a model does not know" "it knows no tune" "$program" --short --load t.safetensors --epochs 1
refused "a folder that does not exist" "can't be" "$program" --short --name none/t
refused "a folder without tunes" "has no files called" "$program" --data empty
refused "a name of a folder" '"empty/" is not legal: it must be the name of a file' "$program" --short --name empty/
refused "a name with a quote" "name without quotes" "$program" --short --name "it's"

[[ $failures == 0 ]]
