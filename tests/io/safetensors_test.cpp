#include "recur/io/safetensors.hpp"

#include <array>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <sys/stat.h>
#endif

#include "allocations.hpp"
#include "catch.hpp"
#include "temporary.hpp"

namespace safetensors_test {

using Catch::Matchers::ContainsSubstring;
using recur::Dtype;
using recur::FileError;
using recur::parse_safetensors;
using recur::read_safetensors;
using recur::StoredTensor;
using recur::TensorFile;
using recur::write_safetensors;

template <class S>
StoredTensor tensor(std::vector<std::uint64_t> shape, const std::vector<S>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {sizeof(S) == 4 ? Dtype::f32 : Dtype::f64, std::move(shape), {bytes.begin(), bytes.end()}};
}

TensorFile example() {
  TensorFile file;
  file.tensors["weight"] = tensor<float>({2, 3}, {1, 2, 3, -4, 5.5F, 6});
  file.tensors["bias"] = tensor<float>({2}, {0.25F, -1});
  file.tensors["moment"] = tensor<double>({1}, {1e-300});
  file.tensors["nothing"] = tensor<float>({0, 4}, {});
  file.tensors["scalar"] = tensor<float>({}, {7});
  file.metadata["recur.words"] = "[\"<unk>\",\"gut\",\"é \\\"quoted\\\"\"]";
  file.metadata[""] = std::string("line\nNUL\0tab\t", 13);
  return file;
}

std::string bytes_of(const TensorFile& file) {
  std::ostringstream out;
  write_safetensors(out, file);
  return out.str();
}

/// The bytes of a file with this header without padding, and the given number of zeros as data.
std::string assemble(const std::string& header, std::size_t data) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> 8 * i & 0xFFU);
  return bytes + header + std::string(data, '\0');
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets) {
  return '"' + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + '}';
}

TEST_CASE("Tensors and metadata are read as they were written", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "example.safetensors";
  write_safetensors(path, example());
  CHECK(read_safetensors(path) == example());
  CHECK(parse_safetensors(bytes_of(TensorFile{})) == TensorFile{});
}

TEST_CASE("A file has the bytes that the format demands", "[io][safetensors]") {
  TensorFile file;
  file.tensors["b"] = tensor<float>({2}, {1, -2});
  file.tensors["a"] = tensor<float>({1, 1}, {0.5F});
  file.tensors["d"] = tensor<double>({1}, {1});
  file.metadata["format"] = "pt";
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}})";
  REQUIRE(header.size() == 196);
  const std::string golden = std::string("\xC8\0\0\0\0\0\0\0", 8) + header + "    " +
                             std::string("\0\0\0\0\0\0\xF0\x3F", 8) +   // 1, double
                             std::string("\0\0\0\x3F", 4) +             // 0.5
                             std::string("\0\0\x80\x3F\0\0\0\xC0", 8);  // 1, -2
  CHECK(bytes_of(file) == golden);
  CHECK(parse_safetensors(golden) == file);
}

TEST_CASE("Headers are padded with spaces to eight bytes", "[io][safetensors]") {
  for (const std::string name : {"a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"}) {
    TensorFile file;
    file.tensors[name] = tensor<float>({1}, {1});
    const std::string bytes = bytes_of(file);
    CAPTURE(bytes);
    CHECK(bytes.size() % 8 == 4);
    CHECK(bytes.substr(0, bytes.size() - 4).find_last_not_of(' ') == bytes.find("}}") + 1);
    CHECK(parse_safetensors(bytes) == file);
  }
}

TEST_CASE("Files of other writers are read, with any order and spaces and without padding",
          "[io][safetensors]") {
  const auto file =
      parse_safetensors(assemble("{ " + entry("b", "[1]", "[4, 8]") + " ,\n" + entry("a", "[1]", "[0, 4]") +
                                     R"(, "__metadata__": {} }  )",
                                 8));
  CHECK(file.tensors.size() == 2);
  CHECK(file.metadata.empty());
}

TEST_CASE("A file that is missing, empty or of another kind is refused", "[io][safetensors]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(read_safetensors(directory.path / "none"), ContainsSubstring("none: can't be opened"));
  CHECK_THROWS_WITH(read_safetensors(directory.file("empty", "")), ContainsSubstring("empty: is empty"));
  CHECK_THROWS_WITH(parse_safetensors("PK\x03\x04"), ContainsSubstring("no safetensors file is that short"));
  CHECK_THROWS_WITH(parse_safetensors("once upon a time there was a file"),
                    ContainsSubstring("not a safetensors file"));
  CHECK_THROWS_WITH(parse_safetensors(std::string("\x10\0\0\0\0\0\0\0{}", 10)),
                    ContainsSubstring("its header has 16 bytes, and 2 follow"));
  CHECK_THROWS_WITH(parse_safetensors(std::string(8, '\xFF')),
                    ContainsSubstring("header length of 18446744073709551615"));
  CHECK_THROWS_AS(parse_safetensors(std::string(8, '\0')), FileError);
}

TEST_CASE("Every inconsistency of a header is refused", "[io][safetensors]") {
  const auto check = [](const std::string& header, std::size_t data, const std::string& expected) {
    CAPTURE(header);
    CHECK_THROWS_AS(parse_safetensors(assemble(header, data)), FileError);
    CHECK_THROWS_WITH(parse_safetensors(assemble(header, data), "x.safetensors"),
                      ContainsSubstring("x.safetensors: ") && ContainsSubstring(expected));
  };
  check("[]", 0, "not a JSON object");
  check("{", 0, "not JSON");
  check("{}}", 0, "not JSON");
  check("{\"\xFF\":1}", 0, "not JSON");
  check(R"({"a":{"shape":[0,)", 0, "not JSON: byte 18");
  check(R"({"a":[]})", 0, "tensor \"a\" has no dtype");
  check(R"({"a":{"dtype":"F32","shape":{},"data_offsets":[0,4]}})", 4, "shape that is not a list of counts");
  check(R"({"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4, "dtype that is not a string");
  check(R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "has \"dtype\" twice");
  check(R"({"__metadata__":{"k":{}}})", 0, "metadata \"k\" that are not a string");
  check(R"({"__metadata__":{"k":["x"]}})", 0, "metadata \"k\" that are not a string");
  check(R"({"__metadata__":[]})", 0, "metadata that are not a JSON object");
  {
    std::string ones = "1";
    for (int i = 0; i < 63; ++i) ones += ",1";
    CHECK(parse_safetensors(assemble('{' + entry("a", '[' + ones + ']', "[0,4]") + '}', 4)).tensors.size() ==
          1);
    check('{' + entry("a", '[' + ones + ",1]", "[0,4]") + '}', 4, "has a shape of more than 64 numbers");
  }
  check("{}", 1, "bytes 0 to 1 of the data belong to no tensor");
  check(R"({"a":1})", 0, "tensor \"a\" has no dtype");
  check(R"({"a":{"dtype":"F32","shape":[1]}})", 4, "has no data_offsets");
  check(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "has no shape");
  check(R"({"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})", 2, "has the dtype \"BF16\"");
  check(R"({"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}})", 4, "dtype that is not a string");
  for (const char* shape : {"1", "[-1]", "[1.0]", "[\"1\"]", "[[1]]", "null", "[18446744073709551616]"})
    check('{' + entry("a", shape, "[0,4]") + '}', 4, "shape that is not a list of counts");
  for (const char* offsets : {"[0]", "[0,4,4]", "[4,0]", "[]"})
    check('{' + entry("a", "[1]", offsets) + '}', 4, "not a begin and an end");
  for (const char* offsets : {"[0,4.0]", "[-4,0]", "4"})
    check('{' + entry("a", "[1]", offsets) + '}', 4, "data_offsets that is not a list of counts");
  check('{' + entry("a", "[2]", "[0,8]") + '}', 4, "cut off");
  check('{' + entry("a", "[2]", "[0,4]") + '}', 4, "of F32 [2] has 4 bytes");
  check('{' + entry("a", "[1]", "[0,8]") + '}', 8, "do not fit its shape");
  check('{' + entry("a", "[4294967296,4294967296]", "[0,0]") + '}', 0, "do not fit its shape");  // 2^64 = 0
  check('{' + entry("a", "[4611686018427387904]", "[0,0]") + '}', 0, "do not fit its shape");
  check('{' + entry("a", "[1]", "[4,8]") + '}', 8, "bytes 0 to 4 of the data belong to no tensor");
  check('{' + entry("a", "[1]", "[0,4]") + ',' + entry("b", "[1]", "[8,12]") + '}', 12, "bytes 4 to 8");
  check('{' + entry("a", "[1]", "[0,4]") + '}', 12, "bytes 4 to 12");
  check('{' + entry("a", "[2]", "[0,8]") + ',' + entry("b", "[1]", "[4,8]") + '}', 8, "\"b\" overlaps");
  check('{' + entry("a", "[1]", "[0,4]") + ',' + entry("b", "[1]", "[0,4]") + '}', 4, "overlaps");
  check('{' + entry("a", "[1]", "[0,4]") + ',' + entry("a", "[1]", "[4,8]") + '}', 8, "\"a\" twice");
  check(R"({"__metadata__":{},"__metadata__":{}})", 0, "twice");
  check(R"({"__metadata__":{"k":"1","k":"2"}})", 0, "\"k\" twice");
  check(R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4, "\"shape\" twice");
  check(R"({"__metadata__":{"k":1}})", 0, "metadata \"k\" that are not a string");
  check(R"({"__metadata__":"k"})", 0, "metadata that are not a JSON object");
}

TEST_CASE("A deeply nested header is refused and does not overflow the stack", "[io][safetensors]") {
  const std::string deep = R"({"a":{"dtype":)" + std::string(1000000, '[');
  CHECK_THROWS_AS(parse_safetensors(assemble(deep, 0)), FileError);
  CHECK_THROWS_AS(parse_safetensors(assemble(deep + std::string(1000000, ']') + "}}", 0)), FileError);
}

TEST_CASE("Overlapping tensors are refused before they fill the memory", "[io][safetensors]") {
  std::string header = "{";
  for (int i = 0; i < 20000; ++i)
    header += (i ? "," : "") + entry(std::to_string(i), "[2500000]", "[0,10000000]");
  CHECK_THROWS_WITH(parse_safetensors(assemble(header + '}', 10000000)),
                    ContainsSubstring("overlaps"));  // 200 GB
}

TEST_CASE("Unknown fields of any depth are skipped", "[io][safetensors]") {
  const std::string inner = R"({"x":[1,-1,1.5,null,true,"t",{"x":{"dtype":"F64","y":[[]]}}]})";
  const auto file = parse_safetensors(assemble(
      R"({"a":{"more":)" + inner + R"(,"dtype":"F32","shape":[1],"other":7,"data_offsets":[0,4]}})", 4));
  REQUIRE(file.tensors.size() == 1);
  CHECK(file.tensors.at("a").shape == std::vector<std::uint64_t>{1});
}

TEST_CASE("Reading a file takes at most ten times its memory", "[io][safetensors]") {
  if (!recur::testing::CountAllocations::works) return;
  const auto times = [](const std::string& begin, const auto& part) {
    std::string header = begin;
    for (int i = 0; header.size() < 2000000; ++i) header += part(i);
    const std::string bytes = assemble(header, 0);
    const TemporaryDirectory directory;
    const auto path = directory.file("file", bytes);
    const recur::testing::CountAllocations allocations;
    try {
      read_safetensors(path);
    } catch (const FileError&) {
    }
    return static_cast<double>(allocations.peak()) / static_cast<double>(bytes.size());
  };
  const auto same = [](const std::string& part) { return [part](int) { return part; }; };
  CHECK(times("{", same(R"("":{)")) < 10);
  CHECK(times(R"({"a":{"b":)", same(R"({"":)")) < 10);
  CHECK(times(R"({"a":{"b":)", same("[")) < 10);
  CHECK(times(R"({"a":{"shape":[0)", same(",0")) < 10);
  CHECK(times(R"({"a":{"b":[0)", same(",0")) < 10);
  CHECK(times(R"({")", same("a")) < 10);
  CHECK(times(R"({"__metadata__":{"":"")", [](int i) { return ",\"" + std::to_string(i) + "\":\"\""; }) < 10);
  CHECK(times(R"({"__metadata__":{})", [](int i) { return ',' + entry(std::to_string(i), "[0]", "[0,0]"); }) <
        10);
}

TEST_CASE("A path that is not a file is refused before it is read", "[io][safetensors]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(read_safetensors(directory.path), ContainsSubstring("is a directory"));
#if __has_include(<sys/wait.h>)
  REQUIRE(mkfifo((directory.path / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_safetensors(directory.path / "pipe"), ContainsSubstring("is a pipe, not a file"));
#endif
  if (std::filesystem::exists("/dev/zero"))
    CHECK_THROWS_WITH(read_safetensors("/dev/zero"), ContainsSubstring("is a device, not a file"));
  const auto huge = directory.file("huge", "");
  std::error_code error;
  std::filesystem::resize_file(huge, std::uintmax_t{1} << 40U, error);  // without blocks on the disk
  if (!error) CHECK_THROWS_WITH(read_safetensors(huge), ContainsSubstring("not a safetensors file"));
}

TEST_CASE("Names in a file are quoted short and harmless", "[io][safetensors]") {
  CHECK_THROWS_WITH(parse_safetensors(assemble(R"({"\u001b[2J)" + std::string(1000, 'n') + R"(":1})", 0)),
                    ContainsSubstring("tensor \"\\x1B[2Jnnn") && ContainsSubstring("nnn...\" has no dtype"));
  CHECK_THROWS_WITH(parse_safetensors(assemble(R"({"a":{"dtype":"\n"}})", 0)),
                    ContainsSubstring("dtype \"\\n\":"));
  try {
    parse_safetensors(assemble("{\"" + std::string(100000, 'n'), 0));
    FAIL();
  } catch (const FileError& error) {
    CHECK(std::string(error.what()).size() < 200);
  }
}

TEST_CASE("A file that is cut off at any place is refused", "[io][safetensors]") {
  const std::string bytes = bytes_of(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    REQUIRE_THROWS_AS(parse_safetensors(std::string_view(bytes).substr(0, size)), FileError);
  }
  CHECK_THROWS_AS(parse_safetensors(bytes + '\0'), FileError);
}

TEST_CASE("A file with any byte changed is refused or well formed", "[io][safetensors]") {
  const std::string bytes = bytes_of(example());
  std::size_t refused = 0, read = 0;
  const auto attempt = [&](std::size_t at, char value) {
    std::string changed = bytes;
    changed[at] = value;
    try {
      const TensorFile file = parse_safetensors(changed);
      if (parse_safetensors(bytes_of(file)) != file) FAIL("byte " << at << " as " << value);
      ++read;
    } catch (const FileError&) {
      ++refused;
    }
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit)
      attempt(at, static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U << bit));
    for (const char value : {'\0', ' ', '"', '0', '9', '[', '}', '\xFF'}) attempt(at, value);
  }
  CHECK(refused + read == 16 * bytes.size());
  CHECK(refused > 8 * (bytes.find("}}") + 2));
  CHECK(read > 16 * (2 * 3 + 2 + 1) * sizeof(float));  // values, names and metadata can be anything
}

TEST_CASE("A tensor file that can't be written is refused before the file is touched", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "old.safetensors";
  write_safetensors(path, example());
  const auto refused = [&](const auto& spoil) {
    TensorFile file = example();
    spoil(file);
    CHECK_THROWS_AS(write_safetensors(path, file), std::invalid_argument);
    CHECK(read_safetensors(path) == example());
    CHECK(directory.count() == 1);
  };
  refused([](TensorFile& file) { file.tensors["bias"].bytes.pop_back(); });
  refused([](TensorFile& file) { file.tensors["bias"].shape = {3}; });
  refused([](TensorFile& file) { file.tensors["bias"].shape = {1ULL << 32U, 1ULL << 32U}; });
  refused([](TensorFile& file) { file.tensors["__metadata__"] = file.tensors["bias"]; });
  refused([](TensorFile& file) { file.tensors["\xFF"] = file.tensors["bias"]; });
  refused([](TensorFile& file) { file.metadata["key"] = "\xC3"; });
  refused([](TensorFile& file) { file.metadata["\xC3"] = "value"; });
  refused([](TensorFile& file) {  // what no reader would take
    for (int i = 0; i <= 65536; ++i) file.metadata[std::to_string(i)] = "";
  });
  refused([](TensorFile& file) { file.metadata["long"] = std::string(100'000'000, 'a'); });
}

TEST_CASE("A missing directory is a FileError", "[io][safetensors]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(write_safetensors(directory.path / "missing" / "x.safetensors", example()), FileError);
  CHECK(directory.count() == 0);
}

}  // namespace safetensors_test
