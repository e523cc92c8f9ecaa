#!/usr/bin/env bash
# Usage: tag.sh PROGRAM
#
# The example `tag` on files of words and tags: it learns them, tags sentences, and refuses a broken line with its number.

source "$(dirname "$0")/checks.sh"

# Sixty sentences in four columns, with the words in the second: a name is in capitals, or follows "mr".
awk 'BEGIN {for (i = 0; i < 60; ++i) printf "# sentence %d\n1\tmr\tx\tO\n2\tperson%d\tx\tB-PER\n3\tsaw\tx\tO\n4\tTOWN%d\tx\tB-LOC\n\n", i, i % 31, i % 37}' >a.conll
four=(--word-column 2 --comment "#")
works "a file" "49 sentences to learn from, 5 to choose the best epoch, 6 to measure on.*LOC +6 +1.000 .*PER +6 +1.000 .*all +12 +1.000" "$program" --threads 1 --data a.conll "${four[@]}" --epochs 30 --save a.safetensors --figures figures
grep -q "^f1 1$" figures || fail "no figure: $(cat figures)"
works "a sentence" "mr \[zorro: PER\] saw \[BATH: LOC\]" "$program" --data a.conll "${four[@]}" --load a.safetensors "mr zorro saw BATH"
# The file is whole: another process tags with it alone, and keeps the capital letters of its data.
works "a model without its data" "^mr \[zorro: PER\] saw \[BATH: LOC\] .*What you saw" "$program" --load a.safetensors "mr zorro saw BATH"
grep -q "to learn from" out && fail "it measured again, though it was only to tag: $(cat out)"
printf 'mr zorro saw BATH\n\nmr person3  saw TOWN5\r\n' | "$program" --load a.safetensors >out 2>err
printf 'mr [zorro: PER] saw [BATH: LOC]\n\nmr [person3: PER] saw [TOWN5: LOC]\n' | cmp -s - out || fail "lines: $(cat out err)"
printf '\xef\xbb\xbfmr zorro saw BATH\n' | "$program" --load a.safetensors >out 2>err
[[ $(cat out) == "mr [zorro: PER] saw [BATH: LOC]" ]] || fail "a byte order mark is taken for a letter: $(cat out err)"
printf 'mr x\ncaf\xe9\n' | "$program" --load a.safetensors >out 2>err && fail "a line that is not UTF-8 was tagged: $(cat out)"
grep -q "line 2: a sentence must be text in UTF-8" err || fail "a line that is not UTF-8 is not named: $(cat err)"
"$program" --load a.safetensors <. >out 2>err && fail "a folder was read as the standard input"
grep -q "standard input: can't be read" err || fail "a folder as the standard input: $(cat err)"
refused "figures of nothing" "--figures with --load needs --data or --epochs" "$program" --load a.safetensors --figures no_figures
works "a file to measure on" "54 sentences to learn from, 6 to choose the best epoch, 1 to measure on" "$program" --short --data a.conll "${four[@]}" --test <(printf '1\tmr\tx\tO\n2\tX\tx\tB-PER\n')
works "a model of all of a file" "to measure on" "$program" --short --data a.conll "${four[@]}" --test a.conll --save all.safetensors
refused "a tenth that it has learned" "all.safetensors: has learned from all of its file" "$program" --short --data a.conll "${four[@]}" --load all.safetensors
works "sentences that it learns from too" "60 of those to measure on also stand among those to learn from" "$program" --short --data a.conll "${four[@]}" --test a.conll
works "your own question" "person\].*destination\].*What you saw" "$program" --threads 1 "may june travel from paris to may hill on june 3?"
printf 'a O\nb\n' >broken
refused "a broken line" "broken:2: found 1 columns" "$program" --short --data broken
printf 'a O\n\nb X\n' >wrong
printf 'a O\nb S-y\n' >wrong2
refused "a wrong tag" "wrong:3: found the tag \"X\"" "$program" --short --data wrong
refused "a tag of another scheme" "wrong2:2: found the tag \"S-y\": it must be O, or B- or I- and a kind$" "$program" --short --data wrong2
# The same sentences with the ends of names marked, and with a tag for each word.
sed 's/\tB-/\tS-/' a.conll >s.conll
works "names whose ends are marked" "LOC +6 +1.000 .*all +12 +1.000 .*mr \[zorro: PER\] saw \[BATH: LOC\]" "$program" --threads 1 --data s.conll "${four[@]}" --scheme iobes --epochs 30 --save s.safetensors "mr zorro saw BATH"
sed 's/\tB-/\t/' a.conll >p.conll
works "a tag for each word" "F1 +words .*LOC +6 +1.000 .*O +12 +1.000 .*right +24 +1.000 .*mr/O zorro/PER saw/O BATH/LOC" "$program" --threads 1 --data p.conll "${four[@]}" --scheme plain --epochs 30 --save p.safetensors --figures plain "mr zorro saw BATH"
grep -q "^right 1$" plain || fail "no figure: $(cat plain)"
works "a model brings its scheme along" "mr/O zorro/PER saw/O BATH/LOC" "$program" --data p.conll "${four[@]}" --load p.safetensors "mr zorro saw BATH"
refused "a scheme for a model of another" "p.safetensors: was trained with --scheme plain: it can't be loaded with --scheme iob" "$program" --data p.conll "${four[@]}" --scheme iob --load p.safetensors
refused "a scheme that is not known" '"pos" is not legal: it must be iob, iobes or plain' "$program" --data p.conll --scheme pos
refused "too few sentences" "at least ten" "$program" --short --data <(printf 'a O\n')
refused "tags that a model does not know" "knows no tag" "$program" --short --load a.safetensors --epochs 1
works "a model of the timetable, saved" "What you saw" "$program" --threads 1 --save timetable.safetensors
works "a model of the timetable, without its data" "^may \[june: person\] travel from \[paris: origin\] to \[may hill: destination\] on \[june 3: date\] \?" \
  "$program" --load timetable.safetensors "May June travel from Paris to May Hill on June 3?"
refused "other questions" "timetable.safetensors: was trained with --seed 1: it can't be loaded with --seed 2$" "$program" --load timetable.safetensors --epochs 1 --seed 2
refused "fewer questions" "timetable.safetensors: was trained without --short: it can't be loaded with --short$" "$program" --load timetable.safetensors --short --epochs 1
refused "a test without data" "needs --data" "$program" --test a.conll

# A training that is killed goes on as if it had not been. The log goes on too.
kept=("$program" --threads 1 --data a.conll "${four[@]}" --epochs 60)
works "a whole training" "F1" "${kept[@]}" --save whole.safetensors --log whole.csv
"${kept[@]}" --save killed.safetensors --log killed.csv --resume >/dev/null 2>&1 </dev/null &
pid=$!
for _ in {1..6000}; do
  if [[ -e killed.csv && $(wc -l <killed.csv) -ge 4 ]] || ! kill -0 $pid 2>/dev/null; then break; fi
  sleep 0.01
done
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
[[ -e killed.safetensors ]] && fail "it was killed too late"
cp -r killed.safetensors.checkpoints readonly
works "going on after it was killed" "F1" "${kept[@]}" --save killed.safetensors --log killed.csv --resume
cmp -s whole.safetensors killed.safetensors || fail "a training that was killed has other weights"
figures() { cut -d, -f1-10,13 "$1"; }
[[ $(figures whole.csv) == "$(figures killed.csv)" ]] || fail "a training that was killed has another log: $(diff whole.csv killed.csv)"

# Where no checkpoint can be kept, a training that goes on says so and ends as it should; one that begins is refused. To root
# every folder can be written, so root asks another user.
user=()
if [[ $(id -u) == 0 ]]; then user=(setpriv --reuid 65534 --regid 65534 --clear-groups); fi
chmod a+rx . && chmod -R a+rX,a-w readonly && chmod a+r a.conll && mkdir -m 777 open
if "${user[@]}" "$program" --help >/dev/null 2>&1; then
  works "going on in a folder that can't be written" "F1" "${user[@]}" "${kept[@]}" --save open/a.safetensors --checkpoint readonly --resume
  grep -q "no checkpoint was kept: readonly/.*can't be written" err || fail "nothing is said of a folder that can't be written: $(cat err)"
  cmp -s whole.safetensors open/a.safetensors || fail "a training without checkpoints has other weights"
  refused "beginning in a folder that can't be written" "readonly/new: can't be made: Permission denied" \
    "${user[@]}" "${kept[@]}" --save open/b.safetensors --checkpoint readonly/new
else
  echo "left out: another user can't run $program"
fi
chmod -R u+w readonly

[[ $failures == 0 ]]
