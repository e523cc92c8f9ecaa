#!/usr/bin/env bash
# Usage: snippets.sh WITHOUT COMPILER [flags]
#
# Each block of C++ in the README, in docs/ and in the guide compiles. snippets.awk says how. WITHOUT is a pattern of the headers
# whose library is missing here; pages with one of them are left out. Messages of the compiler name the line of the page.

set -euo pipefail
cd "$(dirname "$0")/.."
awk -v without="$1" -f tests/snippets.awk README.md docs/*.md docs/guide/*.md |
  "${@:2}" -std=c++20 -fsyntax-only -w -I include -I tests -x c++ -
echo "$(cat README.md docs/*.md docs/guide/*.md | grep -cE '^ *```cpp') blocks of C++ compile"
