#include "recur/exchange/torch/pickle.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "exchange/torch/archive.hpp"
#include "recur/exchange/torch/pickle_write.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace pickle_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::Pickle;
using detail::exchange::PickleValue;
using detail::exchange::PickleWriter;
using Kind = PickleValue::Kind;

constexpr std::size_t most = 50000;

std::string refused(const std::string& bytes, std::size_t most_memory = most) {
  return refusal<FileError>([&] { Pickle(bytes, "x.pt", most_memory); });
}
std::string begun(const std::string& opcodes) { return std::string("\x80\x02", 2) + opcodes; }

TEST_CASE("A pickle gives back what was written", "[exchange][pickle]") {
  PickleWriter out;
  out.dict([&] {
    out.text("none"), out.none();
    out.text("flags"), out.tuple([&] { out.flag(true), out.flag(false); });
    out.text("integers"), out.list([&] {
      for (const std::int64_t i :
           {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
            std::numeric_limits<std::int64_t>::max()})
        out.integer(i);
    });
    out.text("number"), out.number(-1.5e300);
    out.text("inner"), out.ordered_dict([&] { out.text("tensor"), out.tensor("7", Dtype::f64, {2, 3}); });
  });
  const std::string bytes = out.finish();
  const Pickle pickle(bytes, "x.pt", most);
  const auto& root = pickle.root();
  REQUIRE(root.kind == Kind::dict);
  CHECK(pickle.find(root, "none")->kind == Kind::none);
  CHECK(pickle.find(root, "other") == nullptr);
  const auto flags = pickle.elements(*pickle.find(root, "flags"));
  CHECK(flags[0].integer == 1);
  CHECK(flags[1].integer == 0);
  const auto integers = pickle.elements(*pickle.find(root, "integers"));
  REQUIRE(integers.size() == 4);
  CHECK(integers[1].integer == -1);
  CHECK(integers[2].integer == std::numeric_limits<std::int64_t>::min());
  CHECK(integers[3].integer == std::numeric_limits<std::int64_t>::max());
  CHECK(pickle.find(root, "number")->number == -1.5e300);
  const auto& tensor = pickle.tensor(*pickle.find(*pickle.find(root, "inner"), "tensor"));
  CHECK(tensor.shape == std::vector<std::uint64_t>{2, 3});
  CHECK(tensor.strides == std::vector<std::uint64_t>{3, 1});
  CHECK(pickle.storages()[tensor.storage] == detail::exchange::PickledStorage{"7", Dtype::f64, 6});
}

TEST_CASE("Of two equal keys of a pickle the last one counts, as in Python", "[exchange][pickle]") {
  PickleWriter out;
  out.dict([&] {
    for (const int value : {1, 2}) out.text("key"), out.integer(value);
    out.text("other"), out.integer(3);
  });
  const std::string bytes = out.finish();
  const Pickle pickle(bytes, "x.pt", most);
  CHECK(pickle.find(pickle.root(), "key")->integer == 2);
  CHECK(pickle.find(*pickle.find(pickle.root(), "key"), "key") == nullptr);  // a number has no keys
}

TEST_CASE("Whole numbers of all opcodes", "[exchange][pickle]") {
  const std::string whole =
      begun(std::string("(K\xFFM\x01\x02J\xFE\xFF\xFF\xFF\x8A\x02\x00\x80\x8A\x00t.", 19));
  const Pickle pickle(whole, "x.pt", most);
  const auto values = pickle.elements(pickle.root());
  REQUIRE(values.size() == 5);
  CHECK(values[0].integer == 255);
  CHECK(values[1].integer == 513);
  CHECK(values[2].integer == -2);
  CHECK(values[3].integer == -32768);
  CHECK(values[4].integer == 0);
}

TEST_CASE("A pickle can't call anything", "[exchange][pickle]") {
  CHECK_THAT(refused(begun("cos\nsystem\n" + text_op("ls") + "\x85R.")),
             ContainsSubstring("x.pt: byte 2 of its pickle wants \"os.system\""));
  CHECK_THAT(refused(begun("c__main__\nNet\n)\x81.")), ContainsSubstring("\"__main__.Net\""));
  CHECK_THAT(refused(begun("ctorch.nn.modules.rnn\nLSTM\n.")),
             ContainsSubstring("\"torch.nn.modules.rnn.LSTM\""));
  CHECK_THAT(refused(begun(")\x81.")), ContainsSubstring("is the opcode NEWOBJ"));
  CHECK_THAT(refused(begun("ios\nsystem\n.")), ContainsSubstring("is the opcode INST"));
  CHECK_THAT(refused(begun("\x93.")), ContainsSubstring("is the opcode STACK_GLOBAL"));
  CHECK_THAT(refused(begun("\x01.")), ContainsSubstring("is the opcode 1,"));
  CHECK_THAT(refused(begun(global_op("torch", "FloatStorage") + ")R.")),
             ContainsSubstring("calls torch.FloatStorage"));
  CHECK_THAT(refused(begun("K\x01)R.")), ContainsSubstring("calls a whole number with a tuple"));
  CHECK_THAT(refused(begun("K\x01}b.")), ContainsSubstring("gives attributes to a whole number"));
  CHECK_THAT(refused(begun(global_op("collections", "OrderedDict") + tuple_op("N") + "R.")),
             ContainsSubstring("an OrderedDict with 1 arguments"));
  CHECK_THAT(refused(begun(std::string(200, 'x') + '.')), ContainsSubstring("is the opcode 120"));
}

TEST_CASE("A pickle that is damaged or cut off is refused", "[exchange][pickle]") {
  const std::string whole =
      dict_pickle(text_op("w") + tensor_op(storage_op("0", 6), integer_op(0), "K\x02K\x03", "K\x03K\x01"));
  CHECK(Pickle(whole, "x.pt", most).root().kind == Kind::dict);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(refused(whole.substr(0, length)) == "nothing was refused");
  CHECK_THAT(refused(whole + 'x'), ContainsSubstring("ends before 1 bytes"));
  CHECK_THAT(refused(std::string("\x80\x04N.", 4)), ContainsSubstring("protocol 4: it must be 2"));
  CHECK_THAT(refused(begun(".")), ContainsSubstring("takes a value that is not there"));
  CHECK_THAT(refused(begun("NN.")), ContainsSubstring("1 values too many"));
  CHECK_THAT(refused(begun("N(\x85.")), ContainsSubstring("takes a value that is not there"));
  CHECK_THAT(refused(begun("Nt.")), ContainsSubstring("ends a list that does not begin"));
  CHECK_THAT(refused(begun("h\x05.")), ContainsSubstring("recalls a value at place 5"));
  CHECK(refused(begun("Nr\xFF\xFF\xFF\xFF.")) == "nothing was refused");
  CHECK_THAT(refused(begun("}(Nu.")), ContainsSubstring("a key without a value"));
  CHECK_THAT(refused(begun("](Nu.")), ContainsSubstring("puts elements into a list"));
  CHECK_THAT(refused(begun("X\xFF\xFF\xFF\xFFx.")), ContainsSubstring("4294967295 bytes should follow"));
  CHECK_THAT(refused(begun(text_op("\x80") + '.')), ContainsSubstring("not UTF-8"));
  CHECK_THAT(refused(begun("\x8A\x09" + std::string(9, 'x') + '.')),
             ContainsSubstring("a whole number of 9 bytes"));
}

TEST_CASE("A pickle takes memory by its limit", "[exchange][pickle]") {
  CHECK_THAT(refused(begun(std::string(2000, ']'))),
             ContainsSubstring("takes more than 50000 bytes of memory"));
  CHECK_THAT(refused(begun(std::string(5000, '('))),
             ContainsSubstring("takes more than 50000 bytes of memory"));
  std::string bomb = begun("]q" + std::string(1, '\0'));  // a list of a list of a list ..., each twice
  for (int i = 0; i < 900; ++i)
    bomb += "](h" + std::string(1, '\0') + "h" + std::string(1, '\0') + "eq" + std::string(1, '\0');
  CHECK_THAT(refused(bomb + '.'), ContainsSubstring("takes more than 50000 bytes of memory"));
  const std::string cycle = begun(
      "]q\x01h\x01"
      "a.");  // a list within itself
  CHECK(Pickle(cycle, "x.pt", most).root().kind == Kind::list);
}

TEST_CASE("Tensors lie within their storage", "[exchange][pickle]") {
  const auto tensor = [](const std::string& offset, const std::string& shape, const std::string& strides) {
    return refused(begun(tensor_op(storage_op("0", 6), offset, shape, strides) + '.'));
  };
  const std::string fits = "nothing was refused", beyond = "it must lie within";
  const std::string large = std::string("\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 10),
                    minus = std::string("J\xFF\xFF\xFF\xFF", 5);
  CHECK(tensor("K\x01", "K\x05", "K\x01") == fits);
  CHECK(tensor("K\x05", "", "") == fits);
  CHECK(tensor(large, std::string("K\0", 2), "K\x01") == fits);  // empty
  CHECK_THAT(tensor("K\x02", "K\x05", "K\x01"), ContainsSubstring(beyond));
  CHECK_THAT(tensor("K\x06", "", ""), ContainsSubstring(beyond));
  CHECK_THAT(tensor(std::string("K\0", 2), "K\x02K\x02", "K\x05K\x01"), ContainsSubstring(beyond));
  CHECK_THAT(tensor(large, "K\x02", large), ContainsSubstring(beyond));
  CHECK_THAT(tensor(std::string("K\0", 2), large, large), ContainsSubstring(beyond));
  CHECK_THAT(tensor(std::string("K\0", 2), large + large + large, "K\x01K\x01K\x01"),
             ContainsSubstring(beyond));
  CHECK_THAT(tensor(std::string("K\0", 2), large, std::string("K\0", 2)),
             ContainsSubstring(beyond));  // repeats one
  CHECK_THAT(tensor(minus, "K\x02", "K\x01"),
             ContainsSubstring("offset is not a whole number of at least 0"));
  CHECK_THAT(tensor(std::string("K\0", 2), minus, "K\x01"), ContainsSubstring("size is not a whole number"));
  CHECK_THAT(tensor("K\x05", "K\x02", minus), ContainsSubstring("stride is not a whole number"));
  CHECK_THAT(tensor("K\x01", "K\x02", ""), ContainsSubstring("1 sizes and 0 strides"));
  CHECK_THAT(refused(begun(storage_op("0", 6) + storage_op("0", 7) + "\x86.")),
             ContainsSubstring("two storages with the key \"0\""));
  CHECK_THAT(refused(begun("NQ.")), ContainsSubstring("not stored as a storage"));
}

}  // namespace pickle_test
}  // namespace recur::testing
