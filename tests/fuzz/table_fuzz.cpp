// Tables in files of text. The first byte chooses the reader: TSV, CSV, numbers, steps, prices, labelled texts, translations.

#include "fuzz.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/numeric_table.hpp"
#include "recur/data/parallel_text.hpp"
#include "recur/data/prices.hpp"

namespace {

/// The rows of the loop are the rows by their index.
void walk(const recur::Delimited& table) {
  std::size_t i = 0;
  for (const auto& row : table.rows) {
    if (row.fields.size() != table.width()) fuzz::fail("a row has another number of fields");
    if (i % 64 == 0 && table.rows[i].fields != row.fields) fuzz::fail("row i is not the one of the loop");
    ++i;
  }
  if (i != table.rows.size()) fuzz::fail("the loop has another number of rows");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  if (size == 0) return 0;
  const char kind = static_cast<char>(data[0]);
  ++data, --size;
  // A text of one byte is a string of 32 bytes in memory.
  constexpr std::size_t of_texts = 40;
  const auto read = [&](const char* ending, std::size_t times, auto&& reader) {
    fuzz::try_to_read(fuzz::file_of(data, size, ending), [&](const auto& path) {
      fuzz::within(
          size, [&] { reader(path); }, times);
    });
  };
  const DelimitedOptions csv{.delimiter = ',', .header = false, .keep_blank_lines = true};
  if (kind == 't') read(".tsv", 10, [&](const auto& path) { walk(read_delimited(path)); });
  if (kind == 'c') read(".csv", 10, [&](const auto& path) { walk(read_delimited(path, csv)); });
  if (kind == 'n')
    read(".csv", 10, [&](const auto& path) { read_numeric(path, {.missing = Missing::previous}); });
  if (kind == 's') read(".csv", 10, [&](const auto& path) { read_steps(path); });
  if (kind == 'p') read(".csv", 10, [&](const auto& path) { read_prices(path); });
  if (kind == 'l') read(".tsv", of_texts, [&](const auto& path) { read_labelled_text(path); });
  if (kind == 'k') read(".csv", of_texts, [&](const auto& path) { read_labelled_text(path); });
  if (kind == 'b') read(".txt", of_texts, [&](const auto& path) { read_parallel_text(path); });
  return 0;
}
