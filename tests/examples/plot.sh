#!/usr/bin/env bash
# Usage: plot.sh scripts/plot
#
# scripts/plot draws run logs beside each other, whatever their names and whether they have a metric, and refuses what is no
# run log.

source "$(dirname "$0")/checks.sh"

columns=epoch,rate,training_loss,validation_loss,metric,mean_norm,max_norm,clipped,steps,skipped,seconds,samples_per_second,best
printf '%s\n1,0.01,0.7,0.71,0.5,1.5,3,0,50,0,1,5000,1\n2,0.005,0.4,0.5,0.8,1.2,9,0.1,50,0,1,5000,1\n' "$columns" >"o'clock_1.csv"
printf '%s\n1,0,0.6,nan,nan,0,0,0,50,0,1,5000,0\n' "$columns" >plain.csv  # one epoch, no validation, a rate of 0
drawn() { # WHAT PICTURE OPTION...
  local what=$1 picture=$2
  shift 2
  works "$what" "^Picture: $picture $" "$program" "$@"
  [[ -s $picture && ! -s err ]] || fail "$what: no picture, or an error: $(cat err)"
}
drawn "one run" runs.png plain.csv
drawn "two runs" both.svg "o'clock_1.csv" plain.csv --save both.svg
grep -q "o'clock_1\|o&#39;clock_1" both.svg || fail "the legend has no name of a run"
grep -q "plain" both.svg || fail "the legend has no name of the other run"
drawn "names" named.svg plain.csv "o'clock_1.csv" --title "My LSTM" "the other" --save named.svg
grep -q "My LSTM" named.svg || fail "the legend has no name that was given"

cp "o'clock_1.csv" rate=0.1.csv
cp "o'clock_1.csv" '<x.csv'
drawn "a name that awk could take for an assignment" odd.svg rate=0.1.csv --save odd.svg
grep -q "metric" odd.svg || fail "a run with = in its name has no metric"
drawn "a name that gnuplot could take for a command" odd.svg '<x.csv' --save odd.svg
grep -q "&lt;x" odd.svg || fail "the legend has no name that begins with <"

refused "no run" "no run was given" "$program"
refused "a run that is not there" "'none.csv' can't be read" "$program" none.csv
echo "a,b" >other.csv
refused "no run log" "'other.csv' is not a run log" "$program" plain.csv other.csv
echo "$columns" >empty.csv
refused "no epoch" "'empty.csv' has no epoch yet" "$program" empty.csv
refused "another picture" "must be a .png or an .svg" "$program" plain.csv --save runs.gif
refused "a picture without a name" "^plot: --save needs FILE.png or FILE.svg$" "$program" plain.csv --save
refused "names that are missing" "1 names for 2 runs" "$program" plain.csv plain.csv --title one
refused "an option" "'--wrong' is not an option" "$program" --wrong

[[ $failures == 0 ]]
