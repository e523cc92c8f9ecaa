#!/usr/bin/env bash
# Usage: strict.sh COMPILER [PROGRAM.cpp INCLUDE_FOLDER [WORDS]...]
#
# Compiles a program with a copy of the folder recur/embedded and no other header of recur: without exceptions, RTTI, the
# library of C++ and warnings, at several optimisations. Runs it, with the words. It must end with 0, have no heap, and be
# below 120 KB when stripped. Without a PROGRAM it is strict.cpp, freestanding.

set -euo pipefail
compiler=$1 tests=$(cd "$(dirname "$0")/.." && pwd)
program=${2-$tests/embedded/strict.cpp} folder=${3-$tests}
freestanding=
[[ $# == 1 ]] && freestanding=-ffreestanding
shift $(( $# < 3 ? $# : 3 ))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/recur"
cp -r "$tests/../include/recur/embedded" "$work/recur/"
flags="-std=c++20 -fno-exceptions -fno-rtti $freestanding -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
for optimisation in -O0 -Os -O2; do
  "$compiler" $flags $optimisation "-I$work" "-I$folder" -c "$program" -o "$work/program.o"
  if nm -C "$work/program.o" | grep -E ' U .*(operator (new|delete)|malloc|free|__cxa|typeinfo|terminate)|typeinfo for'; then
    echo "$optimisation: that needs a heap, exceptions or RTTI"; exit 1
  fi
  "$compiler" "$work/program.o" -nodefaultlibs -lc -lgcc -o "$work/program"
  "$work/program" "$@" || { echo "$optimisation: ended with $?"; exit 1; }
  strip "$work/program"
  size=$(wc -c <"$work/program")
  echo "$optimisation: $size bytes"
  ((size < 120000)) || { echo "it must be below 120000 bytes"; exit 1; }
done
