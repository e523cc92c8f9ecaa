#!/usr/bin/env bash
# Usage: forecast.sh PROGRAM
#
# The example `forecast` on files: it learns nothing from the part that is held out, and refuses what it can't read
# with the line.

source "$(dirname "$0")/checks.sh"

# 400 steps of two columns; in other.csv the last fifth comes in the other order.
awk 'BEGIN {print "Day,A,B"; for (t = 0; t < 400; ++t) printf "d%d,%.4f,%.4f\n", t, sin(t / 3) + t / 300, cos(t / 5)}' >a.csv
{ head -n 321 a.csv; tail -n 80 a.csv | tac; } >other.csv
short=("$program" --short --threads 1 --window 24 --hidden 4)
works "a file" "the last 80 are held out. 2 columns, 3 steps ahead.* A +0.* B " "${short[@]}" --data a.csv --ahead 3 --season 12 --save a.safetensors
[[ -s forecast.csv ]] || fail "no numbers were written"
works "another future" "bit for bit" "${short[@]}" --data other.csv --ahead 3 --season 12 --save other.safetensors
cmp -s a.safetensors other.safetensors || fail "the network has learned from the future"
cp forecast.csv other_forecast.csv
works "the same network" "bit for bit" "${short[@]}" --data a.csv --ahead 3 --season 12 --load other.safetensors
cmp -s forecast.csv other_forecast.csv && fail "another future gave the same numbers"
sed '300s/.*/d,5,5/' a.csv >past.csv
works "another past" "bit for bit" "${short[@]}" --data past.csv --ahead 3 --season 12 --save past.safetensors
cmp -s a.safetensors past.safetensors && fail "another past changed nothing"
works "all of the past" "bit for bit" "${short[@]}" --data a.csv --all-past --save all.safetensors
works "all of the past, another future" "bit for bit" "${short[@]}" --data other.csv --all-past --save other_all.safetensors
cmp -s all.safetensors other_all.safetensors || fail "with all of the past the network has learned from the future"
works "one column, many to one" "1 column, 1 step ahead" "${short[@]}" --data a.csv --column B --many-to-one

works "the part before it" "320 steps, of which the last 64 are held out" "${short[@]}" --data a.csv --validation --save validation.safetensors
works "the part before it, another future" "320 steps" "${short[@]}" --data other.csv --validation --save other_validation.safetensors
cmp -s validation.safetensors other_validation.safetensors && cp forecast.csv second.csv
refused "a part that the model has learned from" "other.safetensors: was trained without --validation: it can't be loaded with --validation" "${short[@]}" --data a.csv --load other.safetensors --validation
works "the part before it, once more" "320 steps" "${short[@]}" --data a.csv --load validation.safetensors --validation
cmp -s forecast.csv second.csv || fail "what chooses the options has seen the last fifth"

awk 'BEGIN {print "Date,Open,High,Low,Close"; for (t = 0; t < 400; ++t) {o = 100 + 5 * sin(t); c = 100 + 5 * sin(t + 1);
  printf "%d,%.3f,%.3f,%.3f,%.3f\n", t, o, (o > c ? o : c) + 1 + sin(t / 9) / 2, (o < c ? o : c) - 1, c}}' >p.csv
works "prices" "Tomorrow's return, .* below that of a random walk .*Tomorrow's volatility" "${short[@]}" --prices p.csv
sed '7s/.*/6,100,90,95,96/' p.csv >wrong.csv
refused "prices out of their limits" "wrong.csv:7: open 100, high 90" "${short[@]}" --prices wrong.csv
sed '9s/.*/d7,NA,1/' a.csv >missing.csv
refused "a missing number" "missing.csv:9: column \"A\" has \"NA\".*; --fill takes the last one before it" "${short[@]}" --data missing.csv
works "a missing number that is filled in" "1 numbers were filled in, 0 rows" "${short[@]}" --data missing.csv --fill
sed '9s/.*//' a.csv >blank.csv
refused "a blank line" "blank.csv:9: is blank" "${short[@]}" --data blank.csv --fill
sed '9s/.*/d7,x,1/' a.csv >word.csv
refused "a word for a number" "word.csv:9: column \"A\" has \"x\": it must be a number" "${short[@]}" --data word.csv
grep -q -- --fill err && fail "--fill would not help here: $(cat err)"
refused "a column that is not there" "there is no column \"C\"" "${short[@]}" --data a.csv --column C
refused "a file that is not there" "none.csv" "${short[@]}" --data none.csv
refused "two kinds of data" "only one of them" "${short[@]}" --data a.csv --prices p.csv
refused "a series of its own and a file" "^forecast: --make is for a series made here: leave it out with --data and --prices$" "${short[@]}" --data a.csv --make seasons
refused "a series of its own and prices" "^forecast: --make is for a series made here" "${short[@]}" --prices p.csv --make seasons
refused "a column without a file" "^forecast: --column needs --data$" "${short[@]}" --column A
refused "more ahead than a season" "more than --season 2" "${short[@]}" --data a.csv --ahead 3 --season 2
refused "a file that is too short" "the series has 400 steps: with --window 300, --ahead 1 and --season 0 it must have at least 752" "$program" --short --data a.csv --window 300
refused "more steps ahead than are held out" "the series has 400 steps: with --window 24, --ahead 81 and --season 0 it must have at least 405" "${short[@]}" --data a.csv --ahead 81
works "as many steps ahead as are held out" "2 columns, 80 steps ahead.* A +[0-9.]+ +[0-9.]+" "${short[@]}" --data a.csv --ahead 80
head -n 131 a.csv >few.csv
works "a short file, of which it reads less at once" "130 steps, of which the last 26 are held out" "$program" --short --threads 1 --data few.csv --ahead 3 --season 12
refused "another network" "a.safetensors: was trained with --hidden 4: it can't be loaded with --hidden 5" "$program" --short --data a.csv --load a.safetensors --hidden 5
refused "another number of columns" "a.safetensors: is for 2 columns, but the data are 1 column" "$program" --short --data a.csv --column A --load a.safetensors
works "what the file says of the network need not be said again" "2 columns, 3 steps ahead.* A +0" "$program" --short --threads 1 --data a.csv --load a.safetensors

sed "1s/B/it's/" a.csv >quote.csv
works "a name with a quote" "it's" "${short[@]}" --data quote.csv --column "it's"
grep -q "set title 'it''s: 1 step ahead'" forecast.gp || fail "the quote in a name is not escaped: $(cat forecast.gp)"

sed $'1s/A/A\e[2J/' a.csv >escape.csv
works "a name with a sign for the terminal" "A.x1B.2J" "${short[@]}" --data escape.csv
grep -q $'\e' out && fail "a name of the file reaches the terminal as it is"
# Squares of numbers whose steps are of one size everywhere; in even.csv these numbers themselves.
awk 'BEGIN {print "C"; for (t = 0; t < 400; ++t) print (11 + 7 * sin(t / 20) + sin(t * t)) ^ 2}' >counts.csv
awk 'NR > 1 {$0 = sqrt($1)} 1' counts.csv >even.csv
works "counts" "correlates with the value before it by 0\.[0-9]+; of the square roots, by -?0\.[0-9]+\. So the network reads the roots" "${short[@]}" --data counts.csv --save counts.safetensors
works "no counts" "So the network reads the values themselves" "${short[@]}" --data even.csv
works "a model of counts, which says so itself" "1 column, 1 step ahead" "${short[@]}" --data even.csv --load counts.safetensors
grep -q "correlates" out && fail "the data have chosen again what a model says: $(cat out)"
refused "a model of counts without roots" "was trained with --counts yes: it can't be loaded with --counts no" "${short[@]}" --data counts.csv --counts no --load counts.safetensors
works "counts that the user takes as other numbers" "1 column" "${short[@]}" --data counts.csv --counts no --save no.safetensors
grep -q "correlates" out && fail "it chooses though the user has: $(cat out)"
cmp -s counts.safetensors no.safetensors && fail "--counts no changes nothing"
printf 'C\n1\n' >one.csv
refused "a series of one step" "the series has 1 steps?: .*it must have at least" "${short[@]}" --data one.csv
refused "another answer" '"maybe" is not legal: it must be yes or no' "${short[@]}" --data counts.csv --counts maybe

rm -f forecast.*
echo mine >forecast.csv
works "numbers of the user's where its own would go" "No picture: forecast.csv is there, and may be yours" "${short[@]}" --data a.csv
[[ $(cat forecast.csv) == mine && ! -e forecast.gp ]] || fail "it has replaced the user's numbers, or written beside them"
rm forecast.csv
for run in first second; do works "its own numbers, the $run time" "(Picture|Numbers): forecast" "${short[@]}" --data a.csv; done

cp a.csv forecast.csv
refused "a file that it would replace" "forecast.csv: would be replaced by what this program writes" "${short[@]}" --data forecast.csv
cmp -s a.csv forecast.csv || fail "it has replaced the user's file"

[[ $failures == 0 ]]
