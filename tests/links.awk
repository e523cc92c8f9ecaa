# Each link of a page of Markdown leads to a file that is there, and to a heading that it has.
#   awk -f tests/links.awk PAGE.md...        from the root of the repository; prints what is wrong, and then ends with 1
# Links to other hosts are left alone: no test asks one.

# The anchor of a heading, as GitHub and the site make it.
function anchor(heading) {
  gsub(/`|\*|\]\([^)]*\)|\[/, "", heading)
  heading = tolower(heading)
  gsub(/[!-,.\/:-@\[-\^`{-~]|’|“|”|…|–|×/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

# `folder` and `target` as one path without . and ..
function joined(folder, target,   parts, n, i, out, k) {
  n = split(folder "/" target, parts, "/")
  k = 0
  for (i = 1; i <= n; ++i) {
    if (parts[i] == "" || parts[i] == ".") continue
    if (parts[i] == ".." && k > 0) --k
    else out[++k] = parts[i]
  }
  target = out[1]
  for (i = 2; i <= k; ++i) target = target "/" out[i]
  return target
}

FNR == 1 {
  folder = FILENAME
  if (!sub(/\/[^\/]*$/, "", folder)) folder = "."
  code = 0
}
/^ *```/ { code = !code; next }
code { next }
/^#+ / { heading = $0; sub(/^#+ +/, "", heading); anchors[FILENAME "#" anchor(heading)] = 1 }
{
  line = $0
  gsub(/`[^`]*`/, "", line)
  while (match(line, /\]\([^) ]+\)/)) {
    target = substr(line, RSTART + 2, RLENGTH - 3)
    line = substr(line, RSTART + RLENGTH)
    if (target ~ /^[a-z]+:/) continue
    ++links
    place[links] = FILENAME ":" FNR
    said[links] = target
    hash = ""
    if (match(target, /#.*/)) { hash = substr(target, RSTART); target = substr(target, 1, RSTART - 1) }
    file[links] = target == "" ? FILENAME : joined(folder, target)
    wanted[links] = hash
  }
}
END {
  for (i = 1; i <= links; ++i) {
    if (!(file[i] in there)) there[file[i]] = system("test -e '" file[i] "'") == 0
    if (!there[file[i]]) wrong = wrong place[i] ": there is no " said[i] "\n"
    else if (wanted[i] != "" && file[i] ~ /\.md$/ && !((file[i] wanted[i]) in anchors)) wrong = wrong place[i] ": no heading is called " said[i] "\n"
  }
  printf "%s", wrong
  print links " links"
  exit wrong != ""
}
