#include "recur/io/model_file.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "flat.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "temporary.hpp"

namespace model_file_test {

using Catch::Matchers::ContainsSubstring;
using recur::Dtype;
using recur::FileError;
using recur::Index;
using recur::load_weights;
using recur::Metadata;
using recur::Name;
using recur::parse_safetensors;
using recur::save_weights;
using recur::TensorFile;
using recur::detail::read_file;

/// A model with every kind of parameter: a table, a cell's, and a matrix of either storage order.
template <class S, template <class, int, int> class C = recur::Lstm, int I = recur::Dynamic,
          int H = recur::Dynamic>
struct Model {
  using Scalar = S;
  recur::Table<S> words;
  C<S, I, H> cell;
  recur::MatrixX<S> head;
  Eigen::Matrix<S, 2, 3, Eigen::RowMajor> fixed;

  explicit Model(Index hidden = 4)
      : words(5, 3),
        cell(3, hidden),
        head(recur::MatrixX<S>::Zero(2, hidden)),
        fixed(decltype(fixed)::Zero()) {}

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "0" / "words", self.words...);
    C<S, I, H>::visit(at / "1", f, self.cell...);
    f(at / "head", self.head...);
    f(at / "fixed", self.fixed...);
  }
};

template <class M>
M drawn(M model, std::uint64_t seed = 1) {
  recur::Random random(seed);
  for (const auto& p : recur::Parameters(model)) {
    recur::MatrixMap<typename M::Scalar> values(p.data, p.size(), 1);
    recur::uniform(values, 1, random);
  }
  return model;
}

/// The bytes of all parameters.
template <class M>
std::string bits(const M& model) {
  std::string all;
  recur::for_each_parameter(
      [&](const Name& name, const auto& p) {
        const auto values = recur::testing::flat(p);
        all += name.str();
        all.append(reinterpret_cast<const char*>(values.data()),
                   static_cast<std::size_t>(values.size()) * sizeof(typename M::Scalar));
      },
      model);
  return all;
}

TEMPLATE_TEST_CASE("save and load are bit-equal", "", float, double) {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.safetensors";
  auto model = drawn(Model<TestType>());
  model.head(0, 0) = std::numeric_limits<TestType>::denorm_min();
  model.head(0, 1) = TestType(-0.0);
  model.head(1, 2) = std::numeric_limits<TestType>::quiet_NaN();
  save_weights(path, model, {{"hidden", "4"}});
  Model<TestType> loaded;
  CHECK(load_weights(path, loaded) == Metadata{{"hidden", "4"}});
  CHECK(bits(loaded) == bits(model));
  CHECK(recur::first_non_finite(loaded) == "head");
}

TEST_CASE("parameters are stored in the names, shapes and order of PyTorch") {
  auto model = Model<float>();
  model.words.values.row(1) << 1, 2, 3;
  model.head << 1, 2, 3, 4,  //
      5, 6, 7, 8;
  model.fixed << 1, 2, 3,  //
      4, 5, 6;
  const auto file = recur::store_weights(model);
  const auto values = [&](const std::string& name) {
    const auto& bytes = file.tensors.at(name).bytes;
    std::vector<float> numbers(bytes.size() / 4);
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  };
  using Shape = std::vector<std::uint64_t>;
  CHECK(file.tensors.size() == 7);
  CHECK(file.tensors.at("0.words").shape == Shape{5, 3});
  CHECK(file.tensors.at("1.weight_ih").shape == Shape{16, 3});
  CHECK(file.tensors.at("1.weight_hh").shape == Shape{16, 4});
  CHECK(file.tensors.at("1.bias_ih").shape == Shape{16});
  CHECK(file.tensors.at("1.bias_hh").dtype == Dtype::f32);
  CHECK(values("0.words") == std::vector<float>{0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(values("head") == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(values("fixed") == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a file is read into the model that PyTorch's bytes describe") {
  recur::Recurrent layer{recur::Gru<float>{1, 1}};
  const std::string header = R"({"bias_hh":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                             R"("bias_ih":{"dtype":"F32","shape":[3],"data_offsets":[12,24]},)"
                             R"("weight_hh":{"dtype":"F32","shape":[3,1],"data_offsets":[24,36]},)"
                             R"("weight_ih":{"dtype":"F32","shape":[3,1],"data_offsets":[36,48]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size() & 0xFFU);
  bytes[1] = static_cast<char>(header.size() >> 8U);
  bytes += header;
  for (const char c : {'\x3F', '\x40', '\xBF', '\xC0'})
    bytes += (std::string("\0\0\x80", 3) + c) + std::string(8, '\0');
  const TemporaryDirectory directory;
  load_weights(directory.file("gru.safetensors", bytes), layer);
  CHECK(layer.cell.bias_hh == Eigen::Vector3f(1, 0, 0));
  CHECK(layer.cell.bias_ih == Eigen::Vector3f(4, 0, 0));
  CHECK(layer.cell.weight_hh == Eigen::Vector3f(-1, 0, 0));
  CHECK(layer.cell.weight_ih == Eigen::Vector3f(-4, 0, 0));
}

TEST_CASE("fixed and dynamic sizes share a file") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.safetensors";
  const auto fixed = drawn(Model<float, recur::Lstm, 3, 4>());
  save_weights(path, fixed);
  Model<float> dynamic;
  load_weights(path, dynamic);
  CHECK(bits(dynamic) == bits(fixed));
}

TEST_CASE("the same model gives the same bytes") {
  const TemporaryDirectory directory;
  save_weights(directory.path / "a", drawn(Model<float>()), {{"b", "1"}, {"a", "2"}});
  save_weights(directory.path / "b", drawn(Model<float>()), {{"a", "2"}, {"b", "1"}});
  save_weights(directory.path / "c", drawn(Model<float>(), 2), {{"a", "2"}, {"b", "1"}});
  CHECK((read_file(directory.path / "a") == read_file(directory.path / "b")));
  CHECK((read_file(directory.path / "a") != read_file(directory.path / "c")));
}

TEST_CASE("precision changes where it can") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.safetensors";
  const auto single = drawn(Model<float>());
  save_weights(path, single);
  Model<double> widened;
  load_weights(path, widened);
  CHECK(widened.cell.weight_hh == single.cell.weight_hh.cast<double>());

  auto fine = drawn(Model<double>());
  fine.head(1, 1) = 0.1;
  fine.head(0, 0) = -std::numeric_limits<double>::infinity();
  save_weights(path, fine);
  Model<float> rounded;
  load_weights(path, rounded);
  CHECK(rounded.head(1, 1) == 0.1F);
  CHECK(std::isinf(rounded.head(0, 0)));
  CHECK(rounded.words.values == fine.words.values.cast<float>());

  fine.head(1, 1) = 1e39;
  save_weights(path, fine);
  const std::string before = bits(rounded);
  CHECK_THROWS_WITH(load_weights(path, rounded), ContainsSubstring("parameter \"head\" holds 1e+39"));
  CHECK(bits(rounded) == before);
}

TEST_CASE("a file of another model is refused by the first parameter that differs") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.safetensors";
  auto model = drawn(Model<float>());
  const std::string before = bits(model);
  const auto refused = [&](const TensorFile& file, const std::string& expected) {
    recur::write_safetensors(path, file);
    CHECK_THROWS_AS(load_weights(path, model), FileError);
    CHECK_THROWS_WITH(
        load_weights(path, model),
        ContainsSubstring("model.safetensors: is of another model") && ContainsSubstring(expected));
    CHECK(bits(model) == before);
  };
  refused(recur::store_weights(Model<float>(5)), "\"1.weight_ih\" has the shape [20, 3], expected [16, 3]");
  refused(recur::store_weights(Model<float, recur::Gru>()),
          "\"1.weight_ih\" has the shape [12, 3], expected [16, 3]");
  auto file = recur::store_weights(drawn(Model<float>(), 2));
  file.tensors.erase("head");
  refused(file, "it has no parameter \"head\"");
  file = recur::store_weights(drawn(Model<float>(), 2));
  file.tensors["2.weight"] = file.tensors["head"];
  refused(file, "this one has no parameter \"2.weight\"");
  file = recur::store_weights(drawn(Model<float>(), 2));
  file.tensors["fixed"].shape = {3, 2};
  refused(file, "\"fixed\" has the shape [3, 2], expected [2, 3]");
  file.tensors["fixed"].shape = {6};
  refused(file, "\"fixed\" has the shape [6], expected [2, 3]");

  file = recur::store_weights(model);
  file.tensors["head"].bytes.resize(4);  // not from a file
  CHECK_THROWS_AS(recur::take_weights(model, file), FileError);
  CHECK_THROWS_AS(load_weights(directory.path / "none", model), FileError);
}

TEST_CASE("a save that fails leaves the old file") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.safetensors";
  const auto model = drawn(Model<float>());
  save_weights(path, model);
  CHECK_THROWS_AS(save_weights(path, drawn(model, 2), {{"key", "\xFF"}}), std::invalid_argument);
  CHECK_THROWS_AS(save_weights(directory.path / "missing" / "model", model), FileError);
  Model<float> loaded;
  load_weights(path, loaded);
  CHECK(bits(loaded) == bits(model));
  CHECK(directory.count() == 1);
}

TEST_CASE("vocabularies, lists and integers travel as metadata") {
  const recur::Vocabulary vocabulary({"<unk>", "good", "n't", "\"", "\\", "é", "👍", "a b", "\n"});
  Metadata metadata{{"hidden", "128"}, {"negative", "-3"}};
  recur::vocabulary_to_metadata(vocabulary, metadata);
  recur::list_to_metadata({"negative", "positive"}, metadata, "classes");
  recur::list_to_metadata({}, metadata, "none");
  CHECK(metadata["classes"] == R"(["negative","positive"])");

  const TemporaryDirectory directory;
  auto model = drawn(Model<float>());
  save_weights(directory.path / "model", model, metadata);
  const Metadata read = load_weights(directory.path / "model", model);
  CHECK(read == metadata);
  CHECK(read.contains("recur.vocabulary"));
  CHECK(recur::vocabulary_from_metadata(read) == vocabulary);
  CHECK(recur::list_from_metadata(read, "classes") == std::vector<std::string>{"negative", "positive"});
  CHECK(recur::list_from_metadata(read, "none").empty());
  CHECK(recur::integer_from_metadata(read, "hidden") == 128);
  CHECK(recur::integer_from_metadata(read, "negative") == -3);
}

TEST_CASE("metadata that are not what is asked for are refused by their key") {
  const auto vocabulary = [](const std::string& text) {
    return recur::vocabulary_from_metadata({{"recur.vocabulary", text}});
  };
  CHECK_THROWS_WITH(recur::vocabulary_from_metadata({}), ContainsSubstring("have no \"recur.vocabulary\""));
  for (const char* wrong : {"", "{}", "[1]", "[\"<unk>\"", "[\"<unk>\",null]", "[]", "[\"a\"]", "\"<unk>\"",
                            "[[\"<unk>\"]]", "[\"<unk>\",[\"a\"]]", "[\"<unk>\",{\"a\":\"b\"}]",
                            "[\"<unk>\",]", "[\"<unk>\"]]", "[\"<unk>\",\"a\",\"a\"]", "[\"<unk>\",\"\"]"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(vocabulary(wrong), FileError);
    CHECK_THROWS_WITH(vocabulary(wrong), ContainsSubstring("recur.vocabulary"));
  }
  CHECK_NOTHROW(vocabulary("[\"<unk>\"]"));
  for (const char* wrong : {"", "x", "1.5", "1 ", " 1", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(recur::integer_from_metadata({{"hidden", wrong}}, "hidden"), FileError);
  }
  CHECK_THROWS_AS(recur::integer_from_metadata({}, "hidden"), FileError);
  CHECK_THROWS_AS(recur::list_from_metadata({}, "classes"), FileError);
  Metadata metadata;
  CHECK_THROWS_AS(recur::list_to_metadata({"\xFF"}, metadata, "classes"), std::invalid_argument);
  CHECK(metadata.empty());
}

TEST_CASE("a vocabulary takes no more than ten times the memory of its file") {
  if (!recur::testing::CountAllocations::works) return;
  const auto times = [](const auto& part) {
    std::string list = "[\"<unk>\"";
    for (int i = 0; list.size() < 2000000; ++i) list += part(i);
    const TemporaryDirectory directory;
    recur::write_safetensors(directory.path / "model", {{}, {{"recur.vocabulary", list + ']'}}});
    const auto size = std::filesystem::file_size(directory.path / "model");
    const recur::testing::CountAllocations allocations;
    try {
      recur::vocabulary_from_metadata(recur::read_safetensors(directory.path / "model").metadata);
    } catch (const FileError&) {
    }
    return static_cast<double>(allocations.peak()) / static_cast<double>(size);
  };
  CHECK(times([](int i) { return ",\"" + std::to_string(i) + '"'; }) < 10);
  CHECK(times([](int) { return ",\"\""; }) < 10);
  CHECK(times([](int) { return ",0"; }) < 10);
  CHECK(times([](int) { return ",["; }) < 10);
}

}  // namespace model_file_test
