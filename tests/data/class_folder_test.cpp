#include "recur/data/class_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "temporary.hpp"

namespace class_folder_test {

using Catch::Matchers::ContainsSubstring;
using recur::FileError, recur::read_class_folder;

TEST_CASE("Each file of a folder is a class, and each of its lines a text") {
  const TemporaryDirectory folder;
  folder.file("Polish.txt", "\xEF\xBB\xBFŁuczak\r\n\r\n  Nowak \u00A0\r\nWrona");
  folder.file("Irish.txt", "O'Neal\nO'Neal\n");
  folder.file("about.md", "not a class");
  std::filesystem::create_directory(folder.path / "more.txt");
  const auto [samples, classes] = read_class_folder(folder.path);
  CHECK(classes == std::vector<std::string>{"Irish", "Polish"});
  std::vector<std::string> texts;
  for (const auto& [text, label] : samples)
    texts.push_back(text + ' ' + classes[static_cast<std::size_t>(label)]);
  CHECK(texts == std::vector<std::string>{"O'Neal Irish", "O'Neal Irish", "Łuczak Polish", "Nowak Polish",
                                          "Wrona Polish"});
}

TEST_CASE("A folder without classes is refused, and so are lines that are not text") {
  const TemporaryDirectory folder;
  CHECK_THROWS_AS(read_class_folder(folder.path / "none"), FileError);
  folder.file("one.txt", "a\n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("has 1 files called CLASS.txt"));
  CHECK_THROWS_AS(read_class_folder(folder.path / "one.txt"), FileError);
  folder.file("two.txt", "b\nc\xFF\n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("two.txt:2: is not UTF-8"));
  folder.file("two.txt", "\n \n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("two.txt: has no texts"));
}

}  // namespace class_folder_test
