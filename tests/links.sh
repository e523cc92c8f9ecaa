#!/usr/bin/env bash
# Usage: links.sh [FILE.md...]
#
# Each relative link in the Markdown files of the project, or in those that are named, leads to a file that is there, and each
# #anchor to a heading of that page. Prints what does not. Code is not text: it may look like a link.

set -euo pipefail
cd "$(dirname "$0")/.."
if [[ $# == 0 ]]; then
  mapfile -t files < <(find . -name '*.md' -not -path './build/*' -not -path '*/node_modules/*' -not -path './.git/*' | sort)
else
  files=("$@")
fi

text() { awk '/^ *```/ { code = !code; next } !code { gsub(/`[^`]*`/, ""); print }' "$1"; }
# As GitHub makes them: small letters, without signs, "-" for each blank.
anchors() {
  awk '/^ *```/ { code = !code } !code && /^#+ / { sub(/^#+ +/, ""); print }' "$1" |
    sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g; s/[`*]//g' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

faults=0 links=0
for file in "${files[@]}"; do
  while read -r link; do
    [[ $link =~ ^(https?:|mailto:) ]] && continue
    links=$((links + 1))
    path=${link%%#*} anchor=
    [[ $link == *'#'* ]] && anchor=${link#*#}
    target=$file
    [[ -z $path ]] || target=$(dirname "$file")/$path
    if [[ ! -e $target ]]; then
      echo "$file: there is no $link"
    elif [[ -n $anchor && $target == *.md ]] && ! anchors "$target" | grep -qxF -- "$anchor"; then
      echo "$file: $target has no heading #$anchor"
    else
      continue
    fi
    faults=$((faults + 1))
  done < <(text "$file" | grep -oE '\]\([^) ]+' | cut -c3-)
done
echo "${#files[@]} files, $links links, $faults of them wrong"
((faults == 0 && links > 0))
