# Makes one C++ file of all blocks of C++ in pages of Markdown, to see that they compile. Prints it.
#   awk -v without=REGEX -f tests/snippets.awk PAGE.md...
#
# The fragments of a page are one function. Each stands in the scope of those before it, so it knows their names. What else it
# needs, the page says in a comment that readers don't see: <!-- given: Index words = 9; auto& net = some<Network<float>>(); -->.
# A program, a class or a template stands at the scope of the page's namespace. The first program of the README and of the
# chapters of the guide is left out, since it is built and run. Pages that include a header that fits `without` are left out.

function begin_page() {
  page = FILENAME
  sub(/^.*\/(docs|README)/, "docs", page)
  scope = page
  gsub(/[^A-Za-z0-9]/, "_", scope)
  page_includes = outside = inside = given = ""
  depth = programs = 0
  runs_first = FILENAME ~ /README\.md$|\/guide\/[0-9][^\/]*\.md$/
}

function end_page() {
  if (outside inside == "" || (without != "" && page_includes ~ without)) return
  includes = includes page_includes
  while (depth-- > 0) inside = inside "}\n"
  body = body "namespace " scope " {\nusing namespace recur;\n" outside "void fragments() {\n" inside "}\n}\n"
}

# Lines at which the compiler says where it is: in the page, and not in this file.
function place(line) { return "#line " line " \"" FILENAME "\"\n" }

function end_block() {
  if (block ~ /(^|\n) *int main\(/) {
    if (!(runs_first && !seen[FILENAME]++)) outside = outside "namespace program_" ++programs " {\n" given place(first) block "}\n"
  } else if (block ~ /(^|\n)(class|struct|template|static_assert|namespace) *[^;]/) {
    outside = outside given place(first) block
  } else {
    inside = inside "{\n" given place(first) block
    ++depth
  }
  given = ""
}

FNR == 1 { if (page) end_page(); begin_page() }

/<!-- given:/ { comment = 1; sub(/.*<!-- given:/, "") }
comment {
  closed = sub(/-->.*/, "")
  if ($0 ~ /^ *#include/) page_includes = page_includes $0 "\n"
  else given = given $0 "\n"
  if (closed) comment = 0
  next
}

/^ *```cpp/ && !fence { fence = 1; block = ""; first = FNR + 1; next }
/^ *```/ && fence { fence = 0; end_block(); next }
fence {
  if ($0 ~ /^ *#include </) page_includes = page_includes $0 "\n"
  else if ($0 ~ /^ *#include "/) $0 = ""  # a file of the reader's
  block = block ($0 ~ /^ *#include/ ? "" : $0) "\n"
}

END {
  end_page()
  print "// Made from the pages by tests/snippets.awk."
  printf "%s", includes
  print "#include <recur/recur.hpp>\ntemplate <class T>\nT& some();  // a value that a fragment finds there"
  printf "%s", body
}
