#!/usr/bin/env bash
# Usage: docstrings.sh DOXYGEN FOLDER
#
# Each public name has a docstring, as Doxygen sees it: names in a namespace that is not detail. The site has a page for each.
# Of several functions with one name, each has its own, or stands below the one that has it. FOLDER takes what Doxygen writes.

set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$2"
{ cat docs/site/Doxyfile; printf 'GENERATE_XML = NO\nGENERATE_DOCBOOK = YES\nOUTPUT_DIRECTORY = %s\nWARN_LOGFILE = %s/warnings.txt\n' "$2" "$2"; } | "$1" -
