#include "recur/data/class_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "catch.hpp"
#include "temporary.hpp"

namespace class_folder_test {

using Catch::Matchers::ContainsSubstring;
using recur::FileError, recur::read_class_folder;

TEST_CASE("Each file of a folder is a class, and each of its lines a text", "[data][class_folder]") {
  const TemporaryDirectory folder;
  folder.file("Polish.txt", "\xEF\xBB\xBFŁuczak\r\n\r\n  Nowak \u00A0\r\nWrona");
  folder.file("Irish.txt", "O'Neal\nO'Neal\n");
  folder.file("about.md", "not a class");
  std::filesystem::create_directory(folder.path / "more.txt");
  std::error_code ignored;
  std::filesystem::create_symlink("itself.txt", folder.path / "itself.txt", ignored);  // leads nowhere
  const auto [samples, classes] = read_class_folder(folder.path);
  CHECK(classes == std::vector<std::string>{"Irish", "Polish"});
  std::vector<std::string> texts;
  for (const auto& [text, label] : samples)
    texts.push_back(text + ' ' + classes[static_cast<std::size_t>(label)]);
  CHECK(texts == std::vector<std::string>{"O'Neal Irish", "O'Neal Irish", "Łuczak Polish", "Nowak Polish",
                                          "Wrona Polish"});
}

// Elsewhere than on Windows, path.string() has the same bytes.
TEST_CASE("Names of classes are UTF-8, as the names of files may be", "[data][class_folder]") {
  const TemporaryDirectory folder;
  const std::u8string polish = u8"Łódź", greek = u8"Ελλάδα";
  const std::vector<std::string> names{{polish.begin(), polish.end()}, {greek.begin(), greek.end()}};
  for (const std::u8string& name : {polish, greek}) {
    std::ofstream(folder.path / (name + u8".txt")) << "a text\n";
    std::filesystem::create_directory(folder.path / name);
    std::ofstream(folder.path / name / u8"é.txt") << "a text\n";
  }
  CHECK(read_class_folder(folder.path).classes == names);
  CHECK(recur::read_text_folders(folder.path).classes == names);
  CHECK(recur::read_text_folders(folder.path, {names[1], names[0]}).samples.size() == 2);
}

TEST_CASE("A folder without classes is refused, and so are lines that are not text", "[data][class_folder]") {
  const TemporaryDirectory folder;
  CHECK_THROWS_AS(read_class_folder(folder.path / "none"), FileError);
  folder.file("one.txt", "a\n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("has 1 files called CLASS.txt"));
  CHECK_THROWS_AS(read_class_folder(folder.path / "one.txt"), FileError);
  folder.file("one.TXT", "b\n");
  if (folder.count() == 2)  // else capitals don't count in names of files
    CHECK_THROWS_WITH(read_class_folder(folder.path),
                      ContainsSubstring("is a second file of the class \"one\""));
  std::filesystem::remove(folder.path / "one.TXT");
  folder.file("one.txt", "a\n");
  folder.file("two.txt", "b\nc\xFF\n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("two.txt:2: is not UTF-8"));
  folder.file("two.txt", "\n \n");
  CHECK_THROWS_WITH(read_class_folder(folder.path), ContainsSubstring("two.txt: has no texts"));
}

TEST_CASE("Each folder of a folder is a class, and each of its files a text", "[data][class_folder]") {
  const TemporaryDirectory folder;
  for (const char* name : {"pos", "neg", "unsup"}) std::filesystem::create_directory(folder.path / name);
  folder.file("pos/1_9.txt", "Good.\nVery good.\n");
  folder.file("pos/0_8.txt", " fine ");
  folder.file("pos/notes.md", "not a text");
  folder.file("neg/0_2.txt", "bad");
  folder.file("unsup/0_0.txt", "?");
  folder.file("README.txt", "not a class");
  folder.file("pos/2_9.TXT", "Great.");
  const auto some = recur::read_text_folders(folder.path, {"pos", "neg"});
  CHECK(some.classes == std::vector<std::string>{"pos", "neg"});
  REQUIRE(some.samples.size() == 4);
  CHECK(some.samples[0].text == "fine");
  CHECK(some.samples[1].text == "Good.\nVery good.");
  CHECK(some.samples[2].text == "Great.");
  CHECK(some.samples[2].label == 0);
  CHECK(some.samples[3].label == 1);
  CHECK(recur::read_text_folders(folder.path).classes == std::vector<std::string>{"neg", "pos", "unsup"});
  CHECK_THROWS_AS(recur::read_text_folders(folder.path, {"pos", "other"}), FileError);
  CHECK_THROWS_WITH(recur::read_text_folders(folder.path, {"pos"}),
                    ContainsSubstring("is to be read with 1 class:"));
  CHECK_THROWS_WITH(recur::read_text_folders(folder.path, {"pos", "pos"}),
                    ContainsSubstring("is to be read with the class \"pos\" twice"));
  std::filesystem::create_directory(folder.path / "empty");
  CHECK_THROWS_WITH(recur::read_text_folders(folder.path), ContainsSubstring("no files called .txt"));
  folder.file("empty/a.txt", " \n");
  CHECK_THROWS_WITH(recur::read_text_folders(folder.path), ContainsSubstring("has no text"));
}

}  // namespace class_folder_test
