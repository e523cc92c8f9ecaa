// Pickles of PyTorch: the part of Python's format pickle, protocol 2, in which torch.save writes tensors in
// dictionaries. A pickle is a program for a machine with a stack, and that of Python can call anything. This
// one can't: it makes numbers, texts, lists, dictionaries and descriptions of tensors, and refuses all else by
// name. The format is described in Lib/pickletools.py of Python.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// A value in a pickle. Its meaning is in the Pickle that holds it.
struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    flag,
    integer,
    number,
    text,
    tuple,
    list,
    dict,
    global,
    storage,
    tensor
  };

  Kind kind = Kind::none;
  std::uint32_t length = 0;  // of a text
  union {
    std::int64_t integer = 0;  // or a flag
    double number;
    std::size_t at;  // of a text in the bytes; of others in their list
  };
};

/// The numbers of one or several tensors, in an entry of the archive.
struct PickledStorage {
  std::string_view key;  ///< of the entry "data/KEY"
  Dtype dtype = Dtype::f32;
  std::uint64_t count = 0;  ///< of its numbers

  bool operator==(const PickledStorage&) const = default;
};

/// A tensor is a view of a storage: number (i, j, ...) is at offset + i · strides[0] + j · strides[1] + ...
struct PickledTensor {
  std::size_t storage = 0;
  std::uint64_t offset = 0;
  std::vector<std::uint64_t> shape, strides;
};

/// The content of a pickle of torch.save. It holds views of the bytes, which must live longer.
///
/// Legal are dictionaries (also collections.OrderedDict, whose attributes are dropped), lists, tuples, texts, numbers,
/// None, and tensors and parameters that are on a storage of float, double, half, bfloat16, or integers. The
/// constructor throws FileError, which names it, for any other opcode and any other thing from a module; for a
/// tensor beyond its storage; and if it would take more than `most_memory` bytes.
class Pickle {
 public:
  using Value = PickleValue;
  using Kind = Value::Kind;

  Pickle(std::string_view bytes, const std::filesystem::path& path, std::size_t most_memory)
      : bytes_(bytes), path_(path), most_memory_(most_memory) {
    run();
  }

  const Value& root() const { return root_; }
  std::string_view text(const Value& value) const { return bytes_.substr(value.at, value.length); }
  /// The elements of a list or tuple; keys and values of a dictionary in turn.
  std::span<const Value> elements(const Value& value) const { return lists_[value.at]; }
  const PickledTensor& tensor(const Value& value) const { return tensors_[value.at]; }
  const std::vector<PickledStorage>& storages() const { return storages_; }

  /// The value of a key of a dictionary, or null. If it is there twice, the last one counts, as in Python.
  const Value* find(const Value& dict, std::string_view key) const {
    const Value* found = nullptr;
    if (dict.kind != Kind::dict) return found;
    const auto both = elements(dict);
    for (std::size_t i = 0; i + 1 < both.size(); i += 2)
      if (both[i].kind == Kind::text && text(both[i]) == key) found = &both[i + 1];
    return found;
  }

  static const char* name_of(Kind kind) {
    constexpr std::array names{"None",   "a flag",       "a whole number", "a number",  "a text",  "a tuple",
                               "a list", "a dictionary", "a function",     "a storage", "a tensor"};
    return names[static_cast<std::size_t>(kind)];
  }

 private:
  // What a pickle of tensors may name. A storage has its type.
  enum Global : std::size_t { ordered_dict, rebuild_tensor, rebuild_parameter, storage_types };
  static constexpr std::array<std::string_view, 13> globals{"collections.OrderedDict",
                                                            "torch._utils._rebuild_tensor_v2",
                                                            "torch._utils._rebuild_parameter",
                                                            "torch.FloatStorage",
                                                            "torch.DoubleStorage",
                                                            "torch.HalfStorage",
                                                            "torch.BFloat16Storage",
                                                            "torch.LongStorage",
                                                            "torch.IntStorage",
                                                            "torch.ShortStorage",
                                                            "torch.CharStorage",
                                                            "torch.ByteStorage",
                                                            "torch.BoolStorage"};
  static constexpr std::size_t most_dimensions = 64;  // as in PyTorch

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    if (!legal) [[unlikely]]
      require_file(false, path_, "byte ", opcode_at_, " of its pickle ", parts...);
  }

  // ---- The bytes.
  std::string_view take(std::size_t count) {
    check(count <= bytes_.size() - at_, "is cut off: ", count, " bytes should follow");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  std::uint64_t take_count(std::size_t bytes) {
    std::uint64_t count = 0;
    for (const char byte : take(bytes)) {
      count = count >> 8U | std::uint64_t{static_cast<unsigned char>(byte)} << 56U;
    }
    return bytes == 0 ? 0 : count >> 8 * (8 - bytes);
  }
  /// A line of a GLOBAL.
  std::string_view take_line() {
    const std::size_t end = bytes_.find('\n', at_);
    check(end != bytes_.npos, "is cut off: a line should follow");
    const auto line = take(end - at_);
    ++at_;
    return line;
  }

  // ---- The stack.
  /// Counts memory, and does not forget what is given back. A vector that grows takes three times its elements.
  void charge(std::size_t bytes) {
    check(bytes <= most_memory_ - memory_, "takes more than ", most_memory_,
          " bytes of memory: too many for the file");
    memory_ += bytes;
  }
  void push(const Value& value) {
    if (stack_.size() == deepest_) charge(3 * sizeof(Value)), ++deepest_;
    stack_.push_back(value);
  }
  static Value of(Kind kind, std::size_t at) {
    Value value;
    value.kind = kind;
    value.at = at;
    return value;
  }
  static Value of_integer(std::int64_t integer, Kind kind = Kind::integer) {
    Value value;
    value.kind = kind;
    value.integer = integer;
    return value;
  }
  Value pop() {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    check(stack_.size() > bottom, "takes a value that is not there");
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }
  Value& top() {
    check(stack_.size() > (marks_.empty() ? 0 : marks_.back()), "takes a value that is not there");
    return stack_.back();
  }
  std::vector<Value> pop_to_mark() {
    check(!marks_.empty(), "ends a list that does not begin");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Value> values(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return values;
  }
  void push_list(Kind kind, std::vector<Value> values) {
    charge(sizeof(values) + 16 + values.size() * sizeof(Value));
    push(of(kind, lists_.size()));
    lists_.push_back(std::move(values));
  }
  void push_tuple(std::size_t size) {
    std::vector<Value> values(size);
    for (std::size_t i = size; i-- > 0;) values[i] = pop();
    push_list(Kind::tuple, std::move(values));
  }
  void extend(const Value& list, Kind kind, const std::vector<Value>& more) {
    check(list.kind == kind, "puts elements into ", name_of(list.kind));
    check(kind == Kind::list || more.size() % 2 == 0, "puts a key without a value into a dictionary");
    charge(3 * more.size() * sizeof(Value));
    lists_[list.at].insert(lists_[list.at].end(), more.begin(), more.end());
  }
  void remember(std::uint64_t place) {
    charge(memo_.contains(place) ? 0 : 72);
    memo_[place] = top();
  }
  void recall(std::uint64_t place) {
    const auto found = memo_.find(place);
    check(found != memo_.end(), "recalls a value at place ", place, ", where there is none");
    push(found->second);
  }

  // ---- What a pickle may call.
  void push_global() {
    const auto module = take_line(), name = take_line();
    const std::string whole = std::string(module.substr(0, 100)) + '.' + std::string(name.substr(0, 100));
    const auto found = std::ranges::find(globals, whole);
    check(found != globals.end(), "wants ", quote(whole),
          ", which is not needed for tensors: save a model's state_dict() and not the model");
    push(of(Kind::global, static_cast<std::size_t>(found - globals.begin())));
  }
  void call() {
    const Value arguments = pop(), function = pop();
    check(function.kind == Kind::global && arguments.kind == Kind::tuple, "calls ", name_of(function.kind),
          " with ", name_of(arguments.kind));
    const std::vector<Value> given = lists_[arguments.at];
    switch (function.at) {
      case ordered_dict:
        check(given.empty(), "makes an OrderedDict with ", given.size(), " arguments: it must have none");
        return push_list(Kind::dict, {});
      case rebuild_tensor:
        check(given.size() == 6 || given.size() == 7, "makes a tensor of ", given.size(),
              " arguments: it must have 6");
        return push_tensor(given);
      case rebuild_parameter:
        check(given.size() == 3 && given[0].kind == Kind::tensor, "makes a parameter of ", given.size(),
              " arguments: it must have a tensor and 2 more");
        return push(given[0]);
      default:
        check(false, "calls ", globals[function.at]);
    }
  }
  std::uint64_t count_of(const Value& value, const char* what) const {
    check(value.kind == Kind::integer && value.integer >= 0, "has a tensor whose ", what,
          " is not a whole number of at least 0");
    return static_cast<std::uint64_t>(value.integer);
  }
  std::vector<std::uint64_t> counts_of(const Value& value, const char* what) const {
    check(value.kind == Kind::tuple, "has a tensor whose ", what, " is ", name_of(value.kind));
    std::vector<std::uint64_t> counts;
    check(lists_[value.at].size() <= most_dimensions, "has a tensor of more than ", most_dimensions,
          " dimensions");
    for (const Value& one : lists_[value.at]) counts.push_back(count_of(one, what));
    return counts;
  }
  void push_tensor(const std::vector<Value>& given) {
    check(given[0].kind == Kind::storage, "makes a tensor of ", name_of(given[0].kind));
    PickledTensor tensor{given[0].at, count_of(given[1], "offset"), counts_of(given[2], "size"),
                         counts_of(given[3], "stride")};
    const std::uint64_t count = storages_[tensor.storage].count;
    check(tensor.shape.size() == tensor.strides.size(), "has a tensor of ", tensor.shape.size(),
          " sizes and ", tensor.strides.size(), " strides");
    // The last number is at offset + Σ (size - 1) · stride. Checked one by one, nothing overflows.
    std::uint64_t left = count, numbers = 1;
    const bool empty = std::ranges::find(tensor.shape, 0U) != tensor.shape.end();
    bool fits = empty || tensor.offset < left;
    if (!empty && fits) left -= tensor.offset + 1;
    for (std::size_t i = 0; !empty && fits && i < tensor.shape.size(); ++i) {
      const std::uint64_t steps = tensor.shape[i] - 1;
      fits = tensor.strides[i] == 0 || steps <= left / tensor.strides[i];
      if (fits) left -= steps * tensor.strides[i];
      if (fits) fits = tensor.shape[i] <= count / numbers;  // else it repeats numbers of its storage
      if (fits) numbers *= tensor.shape[i];
    }
    check(fits, "has a tensor of the shape ", describe(tensor.shape), " with strides ",
          describe(tensor.strides), " at ", tensor.offset, " in a storage of ", count,
          " numbers: it must lie within");
    push(of(Kind::tensor, tensors_.size()));
    charge(sizeof(tensor) + 2 * (16 + 8 * tensor.shape.size()));
    tensors_.push_back(std::move(tensor));
  }
  /// ("storage", type, key, location, count): the location is a device.
  void push_storage() {
    const Value id = pop();
    check(id.kind == Kind::tuple && lists_[id.at].size() == 5,
          "has an object that is not stored as a storage");
    const auto& parts = lists_[id.at];
    check(parts[0].kind == Kind::text && text(parts[0]) == "storage" && parts[1].kind == Kind::global &&
              parts[1].at >= storage_types && parts[2].kind == Kind::text,
          "has a storage without a type and a key");
    constexpr std::array dtypes{Dtype::f32, Dtype::f64, Dtype::f16, Dtype::bf16, Dtype::i64,
                                Dtype::i32, Dtype::i16, Dtype::i8,  Dtype::u8,   Dtype::boolean};
    const PickledStorage storage{text(parts[2]), dtypes[parts[1].at - storage_types],
                                 count_of(parts[4], "storage")};
    const auto [known, is_new] = by_key_.try_emplace(storage.key, storages_.size());
    if (is_new) charge(3 * sizeof(storage) + 72), storages_.push_back(storage);
    check(storages_[known->second] == storage, "has two storages with the key ", quote(storage.key));
    push(of(Kind::storage, known->second));
  }

  void push_text(std::size_t size) {
    const auto taken = take(size);
    check(find_invalid_utf8(taken) == taken.npos, "has a text that is not UTF-8");
    Value value = of(Kind::text, at_ - size);
    value.length = static_cast<std::uint32_t>(size);
    push(value);
  }
  /// A whole number of up to 8 bytes, in two's complement.
  std::int64_t take_signed(std::size_t bytes) {
    check(bytes <= 8, "has a whole number of ", bytes, " bytes: it can have 8");
    if (bytes == 0) return 0;
    const auto unused = static_cast<unsigned>(64 - 8 * bytes);
    return static_cast<std::int64_t>(take_count(bytes) << unused) >> unused;
  }

  void run() {
    check(bytes_.size() <= std::numeric_limits<std::uint32_t>::max(), "is followed by too many");
    check(bytes_.size() > 2 && bytes_[0] == '\x80', "is not a pickle of protocol 2");
    while (true) {
      opcode_at_ = at_;
      const auto opcode = static_cast<unsigned char>(take(1)[0]);
      switch (opcode) {
        case 0x80: {  // PROTO
          const std::uint64_t protocol = take_count(1);
          check(protocol == 2, "has protocol ", protocol, ": it must be 2, as torch.save has it");
          break;
        }
        case '.':  // STOP
          root_ = pop();
          check(stack_.empty(), "ends with ", stack_.size(), " values too many");
          check(at_ == bytes_.size(), "ends before ", bytes_.size() - at_, " bytes that follow");
          memo_ = {};
          return;
        case 'N':
          push({});
          break;
        case 0x88:  // NEWTRUE
        case 0x89:  // NEWFALSE
          push(of_integer(opcode == 0x88, Kind::flag));
          break;
        case 'J':
          push(of_integer(take_signed(4)));
          break;
        case 'K':
        case 'M':
          push(of_integer(static_cast<std::int64_t>(take_count(opcode == 'K' ? 1 : 2))));
          break;
        case 0x8A:  // LONG1
          push(of_integer(take_signed(static_cast<std::size_t>(take_count(1)))));
          break;
        case 'G': {  // BINFLOAT, big endian
          std::uint64_t bits = 0;
          for (const char byte : take(8)) bits = bits << 8U | static_cast<unsigned char>(byte);
          Value value = of(Kind::number, 0);
          value.number = std::bit_cast<double>(bits);
          push(value);
          break;
        }
        case 'X':  // BINUNICODE
          push_text(static_cast<std::size_t>(take_count(4)));
          break;
        case ')':  // all empty tuples are one
          if (!empty_)
            push_tuple(0), empty_ = stack_.back();
          else
            push(*empty_);
          break;
        case 0x85:  // TUPLE1 to TUPLE3
        case 0x86:
        case 0x87:
          push_tuple(opcode - 0x84U);
          break;
        case 't':
          push_list(Kind::tuple, pop_to_mark());
          break;
        case ']':
          push_list(Kind::list, {});
          break;
        case '}':
          push_list(Kind::dict, {});
          break;
        case '(':
          if (marks_.size() == most_marks_) charge(3 * sizeof(std::size_t)), ++most_marks_;
          marks_.push_back(stack_.size());
          break;
        case 'a': {
          const Value one = pop();
          extend(top(), Kind::list, {one});
          break;
        }
        case 'e': {
          const std::vector<Value> more = pop_to_mark();
          extend(top(), Kind::list, more);
          break;
        }
        case 's': {
          const Value value = pop(), key = pop();
          extend(top(), Kind::dict, {key, value});
          break;
        }
        case 'u': {
          const std::vector<Value> more = pop_to_mark();
          extend(top(), Kind::dict, more);
          break;
        }
        case 'b': {  // BUILD: attributes, such as the versions of modules that an OrderedDict has
          pop();
          check(top().kind == Kind::dict, "gives attributes to ", name_of(top().kind));
          break;
        }
        case 'q':
        case 'r':
          remember(take_count(opcode == 'q' ? 1 : 4));
          break;
        case 'h':
        case 'j':
          recall(take_count(opcode == 'h' ? 1 : 4));
          break;
        case 'c':
          push_global();
          break;
        case 'R':
          call();
          break;
        case 'Q':
          push_storage();
          break;
        default:
          check(false, "is the opcode ", name_of_opcode(opcode), ", which is not needed for tensors");
      }
    }
  }

  static std::string name_of_opcode(unsigned char opcode) {
    constexpr std::array<std::pair<int, const char*>, 38> names{{{'0', "POP"},
                                                                 {'1', "POP_MARK"},
                                                                 {'2', "DUP"},
                                                                 {'F', "FLOAT"},
                                                                 {'I', "INT"},
                                                                 {'L', "LONG"},
                                                                 {'P', "PERSID"},
                                                                 {'S', "STRING"},
                                                                 {'T', "BINSTRING"},
                                                                 {'U', "SHORT_BINSTRING"},
                                                                 {'V', "UNICODE"},
                                                                 {'B', "BINBYTES"},
                                                                 {'C', "SHORT_BINBYTES"},
                                                                 {'d', "DICT"},
                                                                 {'g', "GET"},
                                                                 {'i', "INST"},
                                                                 {'l', "LIST"},
                                                                 {'o', "OBJ"},
                                                                 {'p', "PUT"},
                                                                 {0x81, "NEWOBJ"},
                                                                 {0x82, "EXT1"},
                                                                 {0x83, "EXT2"},
                                                                 {0x84, "EXT4"},
                                                                 {0x8B, "LONG4"},
                                                                 {0x8C, "SHORT_BINUNICODE"},
                                                                 {0x8D, "BINUNICODE8"},
                                                                 {0x8E, "BINBYTES8"},
                                                                 {0x8F, "EMPTY_SET"},
                                                                 {0x90, "ADDITEMS"},
                                                                 {0x91, "FROZENSET"},
                                                                 {0x92, "NEWOBJ_EX"},
                                                                 {0x93, "STACK_GLOBAL"},
                                                                 {0x94, "MEMOIZE"},
                                                                 {0x95, "FRAME"},
                                                                 {0x96, "BYTEARRAY8"},
                                                                 {0x97, "NEXT_BUFFER"},
                                                                 {0x98, "READONLY_BUFFER"},
                                                                 {-1, ""}}};
    for (const auto& [code, name] : names)
      if (code == opcode) return name;
    return std::to_string(opcode);
  }

  std::string_view bytes_;
  const std::filesystem::path path_;
  std::size_t most_memory_, memory_ = 0, at_ = 0, opcode_at_ = 0;

  Value root_;
  std::deque<std::vector<Value>> lists_;  // which does not move what it has when it grows
  std::deque<PickledTensor> tensors_;
  std::vector<PickledStorage> storages_;

  // While it runs.
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;
  std::optional<Value> empty_;
  std::size_t deepest_ = 0, most_marks_ = 0;  // that the stack and its marks have been
  std::unordered_map<std::uint64_t, Value> memo_;
  std::unordered_map<std::string_view, std::size_t> by_key_;
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
