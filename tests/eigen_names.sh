#!/usr/bin/env bash
# eigen_names.sh COMPILER FLAGS...: compiles a use of each public name behind `using namespace Eigen; using namespace recur;`
# and fails unless only Dense and Sequential are ambiguous there, as docs/in-your-project.md says. In a using-declaration
# Clang takes the class template Dense; elsewhere Dense is ambiguous for it too.
set -euo pipefail
cd "$(dirname "$0")"
source=$(mktemp --suffix=.cpp)
trap 'rm -f "$source"' EXIT
{
  echo '#include <recur/recur.hpp>'
  echo 'namespace both { using namespace Eigen; using namespace recur; }'
  echo 'namespace user {'
  sed 's/.*/using both::&;/' public_names.txt  # those of headers that recur.hpp does not include are not found
  echo '}'
} > "$source"
said=$(LC_ALL=C "$@" -fsyntax-only "$source" 2>&1 || true)
ambiguous=$(sed -nE "s/.*error: reference to ['‘]([A-Za-z_0-9]+)['’] is ambiguous.*/\1/p; s/.*error: '([A-Za-z_0-9]+)' is ambiguous.*/\1/p" <<< "$said" | sort -u | paste -sd ' ')
if [[ $ambiguous != "Dense Sequential" && $ambiguous != Sequential ]]; then
  echo "ambiguous behind both directives: \"$ambiguous\", where only Dense and Sequential may be"
  head -n 20 <<< "$said"
  exit 1
fi
