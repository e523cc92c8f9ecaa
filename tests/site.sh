#!/usr/bin/env bash
# Usage: site.sh FOLDER
#
# scripts/site builds the site, without the playground, in FOLDER: each link leads somewhere, and each public name is explained.
# Of FOLDER it replaces only the site. A test downloads nothing, so where scripts/site would install something first, this ends
# with 77: not tried.

set -euo pipefail
cd "$(dirname "$0")/.."
(cd scripts && ./site --help) | grep -q '^Usage: scripts/site' || { echo "no help in its own folder"; exit 1; }
for program in node npm doxygen; do
  command -v $program >/dev/null || { echo "there is no $program"; exit 77; }
done
installed=docs/site/node_modules/.package-lock.json
[[ -e $installed && ! docs/site/package-lock.json -nt $installed ]] ||
  { echo "the packages of npm are not there; scripts/site installs them"; exit 77; }
mkdir -p "$1/reference"
echo mine >"$1/reference/mine"
scripts/site --without-playground --into "$1"
[[ $(cat "$1/reference/mine") == mine ]] || { echo "it has replaced a folder of the user"; exit 1; }
