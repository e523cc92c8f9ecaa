#!/usr/bin/env bash
# Usage: docstrings.sh DOXYGEN FOLDER
#
# Each public name has a docstring, as Doxygen sees it: each class, function, type, constant and concept in a namespace that is
# not detail. Functions of one name may share one. Members need none: mostly they are what a concept asks for, which says what
# they mean. The site asks for one at other members, too, and that a function says what it throws (docs/site/reference.mjs).
# FOLDER takes what Doxygen writes.

set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf "$2/xml"  # what was written of classes that are no longer there
mkdir -p "$2"
{ cat docs/site/Doxyfile; echo "OUTPUT_DIRECTORY = \"$2\""; echo "WARN_LOGFILE = \"$2/warnings.txt\""; } | "$1" -
cat "$2"/xml/{namespace,class,struct,concept}recur*.xml | awk '
  /^  <compounddef/ { match($0, /kind="[a-z]*"/); kind = substr($0, RSTART + 6, RLENGTH - 7); is_member = 0 }
  /^    <compoundname>/ { scope = $0; gsub(/ *<\/?compoundname>/, "", scope); hidden = scope ~ /(^|::)detail(::|$)|&lt;/ }
  /^      <memberdef/ { is_member = 1; left_out = 0 }
  /^      <\/memberdef/ { is_member = 0 }
  is_member && /^        <name>/ { name = $0; gsub(/ *<\/?name>/, "", name); left_out = name ~ /^operator|^RECUR_/ }
  is_member && /^        <argsstring>.*= *delete/ { left_out = 1 }  # it only says what to include
  function note(what) {
    getline
    if (what ~ /::.*::/ && kind != "namespace" && what !~ /^recur::(embedded|figure)::[^:]*$/) return  # inside of a class
    if (/verbatim/) told[what] = 1
    else if (!(what in place)) place[what] = ""
    waiting = what
  }
  /^    <detaileddescription>/ && kind != "namespace" && !hidden { note(scope) }
  is_member && /^        <detaileddescription>/ && kind == "namespace" && !hidden && !left_out { note(scope "::" name) }
  waiting && /<location/ { if (waiting in place && place[waiting] == "" && match($0, /file="[^"]*" line="[0-9]*/)) { place[waiting] = substr($0, RSTART + 6, RLENGTH - 6); sub(/" line="/, ":", place[waiting]) } waiting = "" }
  END {
    for (what in told) ++count
    for (what in place) if (!(what in told)) { print "include/" place[what] ": " what " has no docstring"; faults = 1 }
    print count " public names have a docstring"
    exit faults || count < 100
  }'
