#!/usr/bin/env bash
# Usage: figures_page.sh
#
# docs/figures.md names each figure that scripts/figures measures.

set -euo pipefail
cd "$(dirname "$0")/.."
missing=0
names=$(scripts/figures --list)
[[ $names ]] || { echo "scripts/figures lists no figure"; exit 1; }
for name in $names; do
  grep -qF -- "\`$name\`" docs/figures.md || { echo "docs/figures.md does not name $name"; missing=1; }
done
exit $missing
