#include "recur/data/labelled_text.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "temporary.hpp"

namespace labelled_text_test {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using recur::FileError;
using recur::LabelledTexts;
using recur::read_labelled_text;
using Strings = std::vector<std::string>;

LabelledTexts read(const std::string& content, const recur::LabelledTextOptions& options = {},
                   const std::string& extension = ".tsv") {
  const TemporaryDirectory directory;
  return read_labelled_text(directory.file("texts" + extension, content), options);
}

/// "label:text|label:text" of the samples.
std::string show(const LabelledTexts& texts) {
  std::string all;
  for (const auto& [text, label] : texts.samples)
    all += (all.empty() ? "" : "|") + std::to_string(label) + ':' + text;
  return all;
}

TEST_CASE("Both editions of SST-2 are recognised", "[data][labelled_text]") {
  const std::string samples = "0:a bad film|1:a good one|1:so \" good";
  for (const char* content :
       {"a bad film\t0\na good one\t1\nso \" good\t1\n",                           // sentences
        "label\tsentence\r\n0\ta bad film\r\n1\ta good one\r\n1\tso \" good\r\n",  // GLUE
        "label\tcontent\n0\ta bad film\n1\ta good one\n1\tso \" good\n",
        "0\ta bad film\n1\ta good one\n1\tso \" good\n",  // without its names
        "Text\tid\tLabel\na bad film\t7\t0\na good one\t8\t1\nso \" good\t9\t1\n",
        "review\tlabel\na bad film\t0\na good one\t1\nso \" good\t1\n"}) {
    CAPTURE(content);
    const auto texts = read(content);
    CHECK(show(texts) == samples);
    CHECK(texts.classes == Strings{"0", "1"});
  }
}

TEST_CASE("Columns are named or numbered", "[data][labelled_text]") {
  const std::string content = "id,review,stars\n7,\"bad, really\",0\n8,good,2\n";
  const auto texts = read(content, {.text_column = "review", .label_column = "stars"}, ".csv");
  CHECK(show(texts) == "0:bad, really|2:good");
  CHECK(texts.classes == Strings{"0", "1", "2"});
  CHECK(show(read("7\tbad\t0\n8\tgood\t1\n", {.text_column = "2", .label_column = "3"})) == "0:bad|1:good");
  CHECK(show(read("1\t2\n", {.text_column = "2", .label_column = "1"})) == "1:2");
  CHECK(show(read("1\t2\n", {.label_column = "1"})) == "1:2");
  CHECK(show(read("stars\treview\n1\tgood\n", {.text_column = "review"})) == "1:good");
  CHECK(show(read("GOOD,1\n", {}, ".CSV")) == "1:GOOD");
  CHECK(show(read("7\t0\n8\t1\n")) == "0:7|1:8");
}

TEST_CASE("Labels are integers or words", "[data][labelled_text]") {
  const auto words = read("so good\tpositive\nmeh\tneutral\nbad\tnegative \nfine\tpositive\n");
  CHECK(words.classes == Strings{"negative", "neutral", "positive"});
  CHECK(show(words) == "2:so good|1:meh|0:bad|2:fine");

  const auto numbers = read("a\t10\nb\t 2\n");  // by value and not by the alphabet
  CHECK(numbers.classes.size() == 11);
  CHECK(numbers.classes[10] == "10");
  CHECK(show(numbers) == "10:a|2:b");
}

TEST_CASE("Numbers as labels are sorted by value, and words without regard to case",
          "[data][labelled_text]") {
  const auto classes = [](const Strings& labels) {
    std::string content;
    for (const auto& label : labels) content += "a\t" + label + "\nb\t" + label + '\n';
    return read(content).classes;
  };
  CHECK(classes({"1", "-1"}) == Strings{"-1", "1"});
  CHECK(classes({"+1", "-1"}) == Strings{"-1", "+1"});
  CHECK(classes({"2", "-10", "0", "-2"}) == Strings{"-10", "-2", "0", "2"});
  CHECK(classes({"10.0", "9.5", "0.5"}) == Strings{"0.5", "9.5", "10.0"});
  CHECK(classes({"positive", "Negative", "neutral"}) == Strings{"Negative", "neutral", "positive"});
  CHECK(show(read("good\t1\nbad\t-1\n")) == "1:good|0:bad");
  CHECK_THROWS_WITH(
      read("a\t-1\nb\t1\nc\t+1\n"),
      ContainsSubstring(":3: found the label \"+1\", legal are one spelling of a number: \"1\""));
  CHECK_THROWS_WITH(
      read("a\t-1\nb\t1\nc\tx\n"),
      ContainsSubstring(":3: found the label \"x\", legal are integers, as other lines have them"));
}

TEST_CASE("Spaces of any kind around labels and names of columns are ignored", "[data][labelled_text]") {
  CHECK(read("good\tpos\u00A0\nbad\t\uFEFFneg\nfine\t\u200Bpos\n").classes == Strings{"neg", "pos"});
  CHECK(show(read("\u00A0Label\tsentence \n0\u3000\tbad\n 1\tgood\n")) == "0:bad|1:good");
  CHECK(show(read("\u00A0mark\topinion \n0\tbad\n", {.text_column = "opinion", .label_column = "mark"})) ==
        "0:bad");
}

TEST_CASE("Lines of labelled text end as on any system", "[data][labelled_text]") {
  for (const char* end : {"\n", "\r\n", "\r", "\r\r\n"})
    for (const bool last : {false, true}) {
      const std::string stop = end;
      CHECK(show(read("text\tlabel" + stop + "good\t1" + stop + "bad\t0" + (last ? stop : ""))) ==
            "1:good|0:bad");
    }
}

TEST_CASE("The delimiter of a .csv file is the one that gives a table", "[data][labelled_text]") {
  const auto csv = [](const std::string& content) { return show(read(content, {}, ".csv")); };
  CHECK(csv("text;label\nGut, wirklich;1\nSchlecht;0\n") == "1:Gut, wirklich|0:Schlecht");
  CHECK(csv("Gut, aber teuer;1\nSchlecht, aber billig;0\n") == "1:Gut, aber teuer|0:Schlecht, aber billig");
  CHECK(csv("Good; really,1\nBad; awful,0\n") == "1:Good; really|0:Bad; awful");
  CHECK(csv("text;label\r\n\"Gut; \"\"sehr\"\"\nja\";pos\r\nNein;neg\r\n") == "1:Gut; \"sehr\"\nja|0:Nein");
  CHECK(csv("text\tlabel\ngood, really\t1\n") == "1:good, really");
  CHECK(csv("a, b\nc, b\nd, e\n") == "0:a|0:c|1:d");
  CHECK_THROWS_WITH(csv("text;label\ngood;1\nbad\n"),
                    ContainsSubstring("has one column and no labels") || ContainsSubstring("found 1 fields"));
  CHECK_THROWS_WITH(read("good;1\nbad;0\n"), ContainsSubstring("has one column and no labels"));
}

TEST_CASE("Labels take memory only for existing classes", "[data][labelled_text]") {
  if (!recur::testing::CountAllocations::works) return;
  std::string content;
  for (int i = 0; i < 200000; ++i) content += "a word\tx" + std::to_string(i) + '\n';
  const TemporaryDirectory directory;
  const auto path = directory.file("texts.tsv", content);
  const recur::testing::CountAllocations allocations;
  CHECK_THROWS_WITH(read_labelled_text(path, {.text_column = "1", .label_column = "2"}),
                    ContainsSubstring("column 2 holds more than 10000 different labels"));
  const auto peak = static_cast<double>(allocations.peak());
  CHECK(peak < 10 * static_cast<double>(content.size()));
}

TEST_CASE("Quotations from a file are short and harmless", "[data][labelled_text]") {
  CHECK_THROWS_WITH(
      read("a\t0\nb\t\x1B[2J" + std::string(1000, 'a') + '\n'),
      ContainsSubstring("found the label \"\\x1B[2Jaaa") && ContainsSubstring("aaa...\", legal are"));
  Strings many;
  for (int i = 0; i < 1000; ++i) many.push_back("class" + std::to_string(i));
  CHECK_THROWS_WITH(read("a\tno class\n", {.classes = many}), ContainsSubstring("\"class19\" and 980 more"));
}

TEST_CASE("A second file is read with the classes of the first one", "[data][labelled_text]") {
  const Strings classes{"negative", "neutral", "positive"};
  const auto texts = read("so good\tpositive\nbad\tnegative\n", {.classes = classes});
  CHECK(show(texts) == "2:so good|0:bad");
  CHECK(texts.classes == classes);
  CHECK(show(read("so good\t4\nbad\t0\n", {.classes = {"0", "4"}})) == "1:so good|0:bad");
  CHECK_THROWS_WITH(
      read("so good\tpositive\nbad\tbad\n", {.classes = classes}),
      ContainsSubstring(":2: found the label \"bad\", legal are \"negative\", \"neutral\", \"positive\""));
  CHECK_THROWS_AS(read("a\tb\n", {.classes = {"b", "b"}}), std::invalid_argument);
}

TEST_CASE("Illegal labels are refused with the line", "[data][labelled_text]") {
  CHECK_THROWS_WITH(read("a\t0\nb\t1\nc\tx\n"),
                    ContainsSubstring("texts.tsv:3: found the label \"x\", legal are integers from 0"));
  for (const char* wrong : {"1.5", "01", "10000", "99999999999999999999", "1 2", ""}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(read("a\t0\nb\t" + std::string(wrong) + "\n"), FileError);
    CHECK_THROWS_WITH(read("a\t0\nb\t" + std::string(wrong) + "\n"),
                      ContainsSubstring(":2: found the label \"" + std::string(wrong) +
                                        "\", legal are integers from 0 to 9999"));
  }
  CHECK_THROWS_WITH(read("a\tgood\nb\t\n"), ContainsSubstring(":2: found the label \"\""));
  CHECK_THROWS_WITH(read("opinion\tpoints\na\t5\n"), ContainsSubstring(":1: found the label \"points\"") &&
                                                         ContainsSubstring("if this line names the columns"));
}

TEST_CASE("Missing columns and files without labels are refused", "[data][labelled_text]") {
  CHECK_THROWS_WITH(read("label\tsentence\n1\tgood\n", {.text_column = "text"}),
                    ContainsSubstring("no column \"text\": it has 1 \"label\", 2 \"sentence\""));
  CHECK_THROWS_AS(read("label\tsentence\n1\tgood\n", {.text_column = "label"}), std::invalid_argument);
  CHECK_THROWS_AS(read("a\t1\n", {.text_column = "3"}), std::invalid_argument);
  CHECK_THROWS_WITH(read("a\tb\t1\n"), ContainsSubstring("which column holds the text?"));
  CHECK_THROWS_WITH(read("id\tlabel\topinion\n1\t1\tgood\n"),
                    ContainsSubstring("which column holds the text?") && ContainsSubstring("3 \"opinion\""));
  CHECK_THROWS_WITH(read("id\treview\tmark\n1\tgood\t1\n", {.text_column = "review"}),
                    ContainsSubstring("which column holds the labels?"));
  CHECK_THROWS_WITH(read("label\tsentence\n"), ContainsSubstring("holds no samples"));
  CHECK_THROWS_AS(read(""), FileError);
  CHECK_THROWS_AS(read("only one column\n"), FileError);
  CHECK_THROWS_AS(read_labelled_text("no such file.tsv"), FileError);

  std::string unlabelled = "index\tsentence\n";
  for (int i = 0; i < 30; ++i) unlabelled += std::to_string(i) + "\tsentence " + std::to_string(i) + '\n';
  CHECK_THROWS_WITH(read(unlabelled), ContainsSubstring("column 2 holds 30 different labels in 30 rows"));
}

TEST_CASE("Names of columns are distinguished from a sample", "[data][labelled_text]") {
  const Strings classes{"neg", "pos"};
  for (const char* content :
       {"review\tsentiment\nso good\tpos\nbad\tneg\n",   // both names are usual
        "sentiment\treview\npos\tso good\nneg\tbad\n",   // in the other order
        "opinion\tSentiment\nso good\tpos\nbad\tneg\n",  // one of them is
        "Review\tverdict\nso good\tpos\nbad\tneg\n", "id,review,sentiment\n7,so good,pos\n8,bad,neg\n"}) {
    CAPTURE(content);
    const bool commas = std::string(content).find(',') != std::string::npos;
    const auto texts = read(content, {}, commas ? ".csv" : ".tsv");
    CHECK(texts.classes == classes);
    CHECK(show(texts) == "1:so good|0:bad");
  }
  CHECK(show(read("review\tstars\na\t5\n")) == "5:a");
  CHECK(show(read("id\treview\tverdict\n7\tgood\tpos\n8\tbad\tneg\n",
                  {.text_column = "2", .label_column = "3"})) == "1:good|0:bad");
  // A repeated label is a label in any kind of line.
  CHECK(read("review\tsports\ngoal\tsports\nvote\tpolitics\n").samples.size() == 3);

  const std::string unclear = "opinion\tverdict\nso good\tpos\nbad\tneg\n";
  CHECK_THROWS_WITH(read(unclear),
                    ContainsSubstring("texts.tsv:1: no other line has the label \"verdict\" in column 2") &&
                        ContainsSubstring("give their numbers"));
  CHECK(show(read(unclear, {.label_column = "verdict"})) == "1:so good|0:bad");
  CHECK(read(unclear, {.text_column = "1", .label_column = "2"}).samples.size() == 3);
  CHECK_THROWS_WITH(read(unclear, {.classes = classes}),
                    ContainsSubstring(":1: found the label \"verdict\", legal are \"neg\", \"pos\""));
  CHECK(show(read("review\tsentiment\nbad\tneg\n", {.classes = classes})) == "0:bad");
}

TEST_CASE("A label that would make many empty classes is refused", "[data][labelled_text]") {
  CHECK_THROWS_WITH(read("a\t0\nb\t1\nc\t5000\n"),
                    ContainsSubstring("texts.tsv:3: found the label \"5000\", but the file has only 3"));
  CHECK(read("a\t0\nb\t19\n").classes.size() == 20);
  std::string half;
  for (int i = 0; i <= 40; i += 2) half += "a\t" + std::to_string(i) + "\n";
  CHECK(read(half).classes.size() == 41);
}

TEST_CASE("The whole Stanford Sentiment Treebank is read", "[data][labelled_text]") {
  const char* given = std::getenv("RECUR_DATA");
  const fs::path data = given ? fs::path(given) : fs::path(__FILE__).parent_path() / "../../data";
  if (!fs::exists(data / "sst2_glue")) {
    WARN("left out: there is no sst2_glue in " << data << "; RECUR_DATA can name another directory");
    return;
  }
  const auto check = [&](const char* file, std::size_t size, long positive, const char* first,
                         const char* last) {
    CAPTURE(file);
    const auto texts = read_labelled_text(data / file);
    CHECK(texts.samples.size() == size);
    CHECK(texts.classes == Strings{"0", "1"});
    CHECK(std::ranges::count(texts.samples, 1, &recur::LabelledText::label) == positive);
    CHECK(texts.samples.front().text.starts_with(first));
    CHECK(texts.samples.back().text.ends_with(last));
  };
  check("sst2_sentence/train.tsv", 6920, 3610, "a stirring , funny and finally", "coming apart at its seams");
  check("sst2_sentence/dev.tsv", 872, 444, "one long string of cliches", "actually applies it");
  check("sst2_glue/train.tsv", 67349, 37569, "hide new secretions from",
        "a serious contender for the title .");
  check("sst2_glue/dev.tsv", 872, 444, "one long string of cliches .", "actually applies it .");
}

}  // namespace labelled_text_test
