# What the scripts beside this file share: a folder of their own, and how they judge a PROGRAM. They source it first.

set -uo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

# works WHAT PATTERN COMMAND...: ends with 0, and its output, in one line, has the pattern
works() {
  local what=$1 pattern=$2
  shift 2
  "$@" >out 2>err </dev/null || fail "$what: exit code $? and '$(cat err)'"
  tr '\n' ' ' <out | grep -qE -- "$pattern" || fail "$what: no '$pattern' in '$(cat out)'"
}

# refused WHAT PATTERN COMMAND...: ends with 2, with one line on standard error that has the pattern
refused() {
  local what=$1 pattern=$2 code=0
  shift 2
  "$@" >out 2>err </dev/null || code=$?
  [[ $code == 2 ]] || fail "$what: exit code $code, not 2"
  [[ $(wc -l <err) == 1 ]] || fail "$what: not one line on standard error: $(cat err)"
  grep -qE -- "$pattern" err || fail "$what: no '$pattern' in '$(cat err)'"
}
