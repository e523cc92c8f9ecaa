#include "recur/exchange/torch/state.hpp"

#include <cstring>
#include <string>
#include <vector>

#if defined(__unix__)
#include <sys/stat.h>
#endif

#include "allocations.hpp"
#include "catch.hpp"
#include "exchange/torch/archive.hpp"
#include "recur/core/random.hpp"
#include "recur/exchange/torch/pickle_write.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace torch_state_test {

using Catch::Matchers::ContainsSubstring;

const std::string golden = RECUR_GOLDEN_DIR;

std::string refused(const std::string& bytes, const std::string& key = "") {
  return refusal<FileError>([&] { parse_state_dict(bytes, key, "x.pt"); });
}

TEST_CASE("Tensors of PyTorch in all types and layouts", "[exchange][torch_state][golden]") {
  VectorX<double> weight(12), bias(3);
  for (Index i = 0; i < 12; ++i) weight(i) = static_cast<double>(i - 5) / 8;
  bias << 0.5, -0.25, 1;
  for (const auto& [key, dtype] :
       {std::pair("half", Dtype::f16), std::pair("bfloat", Dtype::bf16), std::pair("double", Dtype::f64),
        std::pair("parameter", Dtype::f32), std::pair("turned", Dtype::f32), std::pair("inside", Dtype::f32),
        std::pair("apart", Dtype::f32), std::pair("whole", Dtype::i64)}) {
    CAPTURE(key);
    const StateDict dict = read_state_dict(golden + "/torch_modules.pt", key);
    REQUIRE(dict.size() == 2);
    CHECK(dict.at("weight").shape == std::vector<std::uint64_t>{3, 4});
    CHECK(dict.at("weight").dtype == dtype);
    if (dtype == Dtype::i64) {
      CHECK(dict.at("bias").values<float>() ==
            VectorX<float>(bias.unaryExpr([](double b) { return std::trunc(b); }).cast<float>()));
      continue;
    }
    CHECK(dict.at("weight").values<double>() == weight);
    CHECK(dict.at("weight").values<float>() == weight.cast<float>());
    CHECK(dict.at("bias").values<double>() == bias);
    MatrixX<float> matrix(3, 4);
    detail::exchange::load<float>(detail::parameter_of(matrix), dict.at("weight"));
    for (Index i = 0; i < 12; ++i) CHECK(matrix(i / 4, i % 4) == static_cast<float>(weight(i)));
  }
}

TEST_CASE("The same tensors from .pt and safetensors", "[exchange][torch_state][golden]") {
  const StateDict pt = read_state_dict(golden + "/torch_recurrent.pt", "models"),
                  safe = read_state_dict(golden + "/torch_recurrent.safetensors");
  CHECK(pt.has_order());
  CHECK_FALSE(safe.has_order());
  REQUIRE(pt.size() == safe.size());
  for (const auto& tensor : pt) {
    REQUIRE(safe.find(tensor.name));
    CHECK(safe.at(tensor.name).shape == tensor.shape);
    CHECK(safe.at(tensor.name).values<float>() == tensor.values<float>());
  }
  const StateDict part = pt.below("lstm_1_one_bias.rnn");
  CHECK(part.size() == 4);
  CHECK(part.begin()->name == "weight_ih_l0");
  CHECK_THAT(refusal<FileError>([&] { part.at("x"); }), ContainsSubstring("has no tensor \"x\""));
}

TEST_CASE("A safetensors file may begin with the bytes of another format", "[exchange][torch_state]") {
  const TemporaryDirectory directory;
  for (const std::size_t length :
       {640U, 896U, 1152U, 19280U}) {  // 80 02, 80 03 and 80 04, as a pickle, and "PK"
    CAPTURE(length);
    std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    header.resize(length, ' ');
    const std::string bytes = {
        static_cast<char>(length & 0xFFU), static_cast<char>(length >> 8U), 0, 0, 0, 0, 0, 0};
    const std::string file = bytes + header + std::string("\0\0\x80?", 4);
    CHECK(parse_state_dict(file).at("a").values<float>()(0) == 1);
    CHECK(read_state_dict(directory.file("x.safetensors", file)).size() == 1);
  }
}

TEST_CASE("A large matrix comes by columns", "[exchange][torch_state]") {
  constexpr Index rows = 70, columns = 41;  // tiles that are not whole
  std::vector<float> numbers(rows * columns);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  StateTensor tensor{
      "x", Dtype::f32, {rows, columns}, {columns, 1}, reinterpret_cast<const std::byte*>(numbers.data())};
  MatrixX<float> matrix(rows, columns);
  MatrixX<double> wide(rows, columns);
  detail::exchange::load<float>(detail::parameter_of(matrix), tensor);
  detail::exchange::load<double>(detail::parameter_of(wide), tensor);
  bool same = true;
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; ++c)
      same = same && matrix(r, c) == static_cast<float>(r * columns + c) && wide(r, c) == matrix(r, c);
  CHECK(same);
}

TEST_CASE("A file of several dictionaries needs a key", "[exchange][torch_state][golden]") {
  const std::string path = golden + "/torch_adam.pt";
  CHECK_THAT(refusal<FileError>([&] { read_state_dict(path); }),
             ContainsSubstring("\"data\" is a dictionary: choose") &&
                 ContainsSubstring("it has \"data\", \"model\", \"optimizer\", \"later\""));
  CHECK_THAT(refusal<FileError>([&] { read_state_dict(path, "modle"); }),
             ContainsSubstring("has no \"modle\""));
  CHECK_THAT(refusal<FileError>([&] { read_state_dict(golden + "/torch_tagger.safetensors", "model"); }),
             ContainsSubstring("a safetensors file, which has no key \"model\""));
}

TEST_CASE("Files that are no state dicts are refused by what they hold", "[exchange][torch_state]") {
  CHECK_THAT(refused(torch_archive(std::string("\x80\x02", 2) + "c__main__\nNet\n.")),
             ContainsSubstring("\"__main__.Net\"") && ContainsSubstring("save a model's state_dict()"));
  CHECK_THAT(refused(torch_archive(std::string("\x80\x02", 2) + "N.")),
             ContainsSubstring("holds None: it must hold a dictionary"));
  CHECK_THAT(refused(torch_archive(dict_pickle(text_op("epoch") + "K\x03"))),
             ContainsSubstring("\"epoch\" is a whole number: a state_dict holds tensors alone"));
  CHECK_THAT(refused(torch_archive(dict_pickle("K\x01N"))),
             ContainsSubstring("a key that is a whole number"));
  CHECK_THAT(refused(torch_archive(dict_pickle(text_op("a") + "N")), "a"),
             ContainsSubstring("\"a\" is None"));
  CHECK_THAT(refused(std::string("\x80\x02\x8A\x0Al\xFC\x9C", 7)),
             ContainsSubstring("before PyTorch 1.6: load it with a newer"));
  CHECK_THAT(refused("PK"), ContainsSubstring("is a zip archive that seems cut off at byte 2"));
  CHECK_THAT(refused("hello, world"), ContainsSubstring("not a safetensors file"));
#if defined(__unix__)
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory.path / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(refusal<FileError>([&] { read_state_dict(directory.path / "pipe"); }),
             ContainsSubstring("is a pipe"));
#endif
  std::ostringstream out;
  detail::exchange::write_zip(out, std::vector<std::pair<std::string, std::string>>{{"a/b/data.pkl", "x"}});
  CHECK_THAT(refused(out.str()), ContainsSubstring("no entry \"data.pkl\" in a folder"));
}

TEST_CASE("Storages are checked against the archive", "[exchange][torch_state]") {
  const std::string tensor = tensor_op(storage_op("0", 6), integer_op(1), "K\x02", "K\x03");
  const std::string pickle = dict_pickle(text_op("w") + tensor), bytes(24, '\0');
  CHECK(refused(torch_archive(pickle, {{"0", bytes}})) == "nothing was refused");
  CHECK_THAT(refused(torch_archive(pickle)), ContainsSubstring("has no entry \"a/data/0\""));
  CHECK_THAT(refused(torch_archive(pickle, {{"0", bytes + 'x'}})),
             ContainsSubstring("entry \"a/data/0\" has 25 bytes: it must have 6 numbers of 4 bytes"));
  CHECK_THAT(
      refused(torch_archive(dict_pickle(text_op("w") + tensor + text_op("w") + tensor), {{"0", bytes}})),
      ContainsSubstring("two tensors called \"w\""));
  const std::string whole = torch_archive(pickle, {{"0", bytes}});
  for (std::size_t length = 0; length < whole.size(); length += 7)
    CHECK_FALSE(refused(whole.substr(0, length)) == "nothing was refused");
}

TEST_CASE("Tensors that share numbers can't fill the memory", "[exchange][torch_state]") {
  std::string elements;
  for (int i = 0; i < 100; ++i)  // each the whole storage, of 250 · 4 bytes
    elements += text_op("w" + std::to_string(i)) +
                tensor_op(storage_op("0", 250), integer_op(0), integer_op(250), "K\x01");
  const std::string shared = torch_archive(dict_pickle(elements), {{"0", std::string(1000, '\0')}});
  CHECK(refused(shared) == "nothing was refused");  // the pickle is as long
  std::string brief =
      text_op("w") + tensor_op(storage_op("0", 250), integer_op(0), integer_op(250), "K\x01") + "q\x01";
  for (int i = 0; i < 300; ++i) brief += text_op(std::to_string(i)) + "h\x01";
  CHECK_THAT(refused(torch_archive(dict_pickle(brief), {{"0", std::string(1000, '\0')}})),
             ContainsSubstring("too many share their numbers"));
  if (!CountAllocations::works) return;
  for (const std::string part : {"]", ")", "(", "N", "K\1", "]q\1", "}", "Nr\1\1\1\1"}) {
    CAPTURE(part);
    std::string many;
    for (int i = 0; many.size() < 300000; ++i) {
      many += part;
      if (part.size() > 4)
        many[many.size() - 3] = static_cast<char>(i), many[many.size() - 2] = static_cast<char>(i >> 8);
    }
    const std::string bytes = torch_archive(dict_pickle(text_op("w") + many));
    const CountAllocations allocations;
    const std::string says = refused(bytes);
    CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(bytes.size()));
    CHECK_FALSE(says == "nothing was refused");
  }
  std::vector<std::pair<std::string, std::string>> empty;  // many entries
  for (int i = 0; i < 4000; ++i) empty.emplace_back(std::to_string(i), "");
  const std::string bytes = torch_archive(dict_pickle(""), empty);
  const CountAllocations allocations;
  CHECK(refused(bytes) == "nothing was refused");
  CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(bytes.size()));
}

TEST_CASE("A compressed archive takes no more memory than a stored one", "[exchange][torch_state]") {
  Random random(4);
  for (const int growth : {1, 4, 6, 9}) {
    CAPTURE(growth);
    constexpr std::size_t packed = 100000;
    std::string numbers(packed * static_cast<std::size_t>(growth), '\0');  // zeros take no room
    for (std::size_t i = 0; i < packed; ++i) numbers[i] = static_cast<char>(256 * random.uniform());
    detail::exchange::PickleWriter pickle;
    pickle.ordered_dict([&] {
      pickle.text("w"), pickle.tensor("0", Dtype::f32, {static_cast<std::uint64_t>(numbers.size() / 4)});
    });
    const std::string bytes = compressed_torch_archive(pickle.finish(), {{"0", numbers}});
    const CountAllocations allocations;
    const std::string says = refusal<FileError>([&] {
      const StateDict dict = parse_state_dict(bytes);
      const VectorX<float> parameter = dict.at("w").values<float>();
      if (std::memcmp(parameter.data(), numbers.data(), numbers.size()) != 0)
        throw FileError("other numbers came");
    });
    const auto peak = static_cast<double>(allocations.peak());
    if (growth < 5)
      CHECK(says == "nothing was refused");
    else
      CHECK_THAT(says, ContainsSubstring("bytes that were compressed"));
    if (CountAllocations::works) CHECK(peak < 10.0 * static_cast<double>(bytes.size()) + 65536);
  }
}

TEST_CASE("A state dict of many small tensors is read", "[exchange][torch_state]") {
  for (const int count : {10, 100, 400, 3000}) {
    detail::exchange::PickleWriter pickle;
    std::vector<std::pair<std::string, std::string>> storages;
    pickle.ordered_dict([&] {
      for (int i = 0; i < count; ++i) {
        pickle.text("w" + std::to_string(i)), pickle.tensor(std::to_string(i), Dtype::f32, {1, 1});
        storages.emplace_back(std::to_string(i), std::string(4, '\0'));
      }
    });
    const std::string bytes = torch_archive(pickle.finish(), storages);
    const CountAllocations allocations;
    CHECK(parse_state_dict(bytes).size() == static_cast<std::size_t>(count));
    if (CountAllocations::works)
      CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(bytes.size()) + 65536);
  }
}

TEST_CASE("A state dict in JSON", "[exchange][torch_state]") {
  const StateDict dict =
      parse_state_dict(R"({"b": [[1, -2.5], [3e1, 4], [5, 6]], "a": [7], "none": [[], []]})");
  CHECK(dict.has_order());
  REQUIRE(dict.size() == 3);
  CHECK(dict.begin()->name == "b");
  CHECK(dict.at("b").shape == std::vector<std::uint64_t>{3, 2});
  CHECK(dict.at("b").values<float>() == (VectorX<float>(6) << 1, -2.5, 30, 4, 5, 6).finished());
  CHECK(dict.at("a").values<double>() == VectorX<double>::Constant(1, 7));
  CHECK(dict.at("none").shape == std::vector<std::uint64_t>{2, 0});
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"a": [[1, 2], [3]]})", "tensor \"a\" has lists of 2 and of 1 elements"},
           {R"({"a": [1, [2]]})", "tensor \"a\" has"},
           {R"({"a": [[1], 2]})", "tensor \"a\" has numbers beside lists"},
           {R"({"a": 1})", "tensor \"a\" is a number: it must be a list of numbers"},
           {R"({"a": ["x"]})", "tensor \"a\" holds something that is not a number"},
           {R"({"a": [null]})", "tensor \"a\" holds something that is not a number"},
           {R"({"a": {"b": [1]}})", "tensor \"a\" is an object"},
           {R"({"a": [[[[[1]]]]]})", "tensor \"a\" has more than 4 dimensions"},
           {R"({"a": [1e39]})", "tensor \"a\" holds 1e+39"},
           {R"({"a": [1], "a": [2]})", "two tensors called \"a\""},
           {R"({"a": [1)", "cut off at byte 8"}})
    CHECK_THAT(refused(text), ContainsSubstring(says));
  CHECK_THAT(refused(R"({"a": [1]})", "model"), ContainsSubstring("JSON, which has no key \"model\""));
  if (!CountAllocations::works) return;
  for (const std::string part : {"0,", "[],", "[0],", "\"a\":[],"}) {
    std::string text = part[0] == '"' ? "{" : "{\"a\": [";
    for (int i = 0; text.size() < 1000000; ++i)
      text += part[0] == '"' ? "\"" + std::to_string(i) + "\":[]," : part;
    const CountAllocations allocations;
    CHECK_FALSE(refused(text) == "nothing was refused");
    CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(text.size()));
  }
}

}  // namespace torch_state_test
}  // namespace recur::testing
