#!/usr/bin/env bash
# Usage: cluster_model.sh GNUPLOT
#
# The tables of docs/cluster.md have the lines that its model prints.

set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t lines < <("$1" -e "picture = '/dev/null'" benchmarks/ranks.gp)
((${#lines[@]} > 15))
for line in "${lines[@]}"; do
  grep -qxF -- "$line" docs/cluster.md || { echo "docs/cluster.md has no line $line"; exit 1; }
done
