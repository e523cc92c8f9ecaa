// An ONNX file as messages of protobuf. Its author may be anyone, so sizes are checked before memory is taken, and
// an error names the node, its operator and what is wrong: amp.onnx: the node "lstm" (LSTM) has clip -1: ...
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <recur_messages/onnx.pb.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/onnx/array.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

namespace messages = recur_messages;

static_assert(std::endian::native == std::endian::little, "raw data in an ONNX file is little-endian");

/// How much memory the messages of a file would take, and what a reader makes of its nodes besides their weights, counted
/// before protobuf makes them. Two bytes can ask for an object of two hundred, and for a layer.
class Cost {
 public:
  std::size_t bytes = 0;

  /// Returns whether the bytes are messages of the format.
  bool count(const std::string& file) {
    google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(file.data()),
                                              static_cast<int>(file.size()));
    in.SetTotalBytesLimit(std::numeric_limits<int>::max());
    return add(in, Kind::model);
  }

 private:
  enum class Kind {
    other,
    model,
    graph,
    node,
    attribute,
    tensor,
    value,
    type,
    tensor_type,
    shape,
    dimension,
    pair
  };
  struct Row {
    Kind in;
    int field;
    Kind is;
  };
  static constexpr Row inside[] = {{Kind::model, 7, Kind::graph},       {Kind::model, 8, Kind::pair},
                                   {Kind::model, 14, Kind::pair},       {Kind::graph, 1, Kind::node},
                                   {Kind::graph, 5, Kind::tensor},      {Kind::graph, 11, Kind::value},
                                   {Kind::graph, 12, Kind::value},      {Kind::node, 5, Kind::attribute},
                                   {Kind::attribute, 5, Kind::tensor},  {Kind::tensor, 13, Kind::pair},
                                   {Kind::value, 2, Kind::type},        {Kind::type, 1, Kind::tensor_type},
                                   {Kind::tensor_type, 2, Kind::shape}, {Kind::shape, 1, Kind::dimension}};
  static constexpr std::size_t message = 256, text = 64;
  static constexpr std::size_t of_node = 2560;   // of a value, a step and a layer
  static constexpr std::size_t of_tensor = 256;  // of an entry in a map
  static_assert(sizeof(messages::Node) + 32 <= message && sizeof(messages::Tensor) + 32 <= message &&
                sizeof(messages::Attribute) + 32 <= message && sizeof(messages::Graph) + 32 <= message);

  // The format has no message within itself, so this ends after a few calls within each other.
  bool add(google::protobuf::io::CodedInputStream& in, Kind kind) {
    bytes += message + (kind == Kind::node ? of_node : kind == Kind::tensor ? of_tensor : 0);
    while (const std::uint32_t tag = in.ReadTag()) {
      std::uint64_t number = 0;
      std::uint32_t half = 0, size = 0;
      const int field = static_cast<int>(tag >> 3U);
      switch (tag & 7U) {
        case 0:
          if (!in.ReadVarint64(&number)) return false;
          bytes += 24;  // a list that grows has three times its size
          break;
        case 1:
          if (!in.ReadLittleEndian64(&number)) return false;
          bytes += 24;
          break;
        case 5:
          if (!in.ReadLittleEndian32(&half)) return false;
          bytes += 12;
          break;
        case 2: {
          if (!in.ReadVarint32(&size) || size > static_cast<std::uint32_t>(std::numeric_limits<int>::max()))
            return false;
          const auto row = std::find_if(std::begin(inside), std::end(inside),
                                        [&](const Row& r) { return r.in == kind && r.field == field; });
          if (row != std::end(inside)) {
            const auto outside = in.PushLimit(static_cast<int>(size));
            if (!add(in, row->is)) return false;
            in.PopLimit(outside);
          } else {
            // Packed whole numbers have 8 bytes each, and take one in the file.
            const bool whole = (kind == Kind::tensor && (field == 1 || field == 5 || field == 7)) ||
                               (kind == Kind::attribute && field == 8);
            const bool floats = (kind == Kind::tensor && (field == 4 || field == 10)) ||
                                (kind == Kind::attribute && field == 7);
            bytes += text + size * std::size_t{whole ? 24U : floats ? 3U : 1U};
            if (!in.Skip(static_cast<int>(size))) return false;
          }
          break;
        }
        default:
          return false;  // groups, which no version of the format has
      }
    }
    return in.ConsumedEntireMessage();
  }
};

/// What the outermost fields of a file say.
struct Outline {
  bool is_model = true;       ///< each is one of a model
  std::size_t announced = 0;  ///< the bytes that the file must have by what they say

  explicit Outline(const std::string& file) {
    // The fields of a model that are numbers, and those that have a length: onnx.proto, ModelProto.
    constexpr std::array<std::uint32_t, 2> whole{1, 5};
    constexpr std::array<std::uint32_t, 10> with_length{2, 3, 4, 6, 7, 8, 14, 20, 25, 26};
    const auto is_one_of = [](const auto& fields, std::uint32_t field) {
      return std::find(fields.begin(), fields.end(), field) != fields.end();
    };
    google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(file.data()),
                                              static_cast<int>(file.size()));
    while (const std::uint32_t tag = in.ReadTag()) {
      const bool has_length = (tag & 7U) == 2;
      is_model =
          has_length ? is_one_of(with_length, tag >> 3U) : (tag & 7U) == 0 && is_one_of(whole, tag >> 3U);
      std::uint64_t number = 0;
      const bool is_read = is_model && in.ReadVarint64(&number);
      const auto here = static_cast<std::size_t>(in.CurrentPosition());
      is_model = is_model && (!has_length || number <= std::numeric_limits<std::int32_t>::max());
      if (!is_model) return;
      announced = is_read ? here + (has_length ? static_cast<std::size_t>(number) : 0) : file.size() + 1;
      if (announced > file.size()) return;
      if (has_length) in.Skip(static_cast<int>(number));
    }
    is_model = announced == file.size();
  }
};

/// The messages of a file. Every error of it begins with its path.
class File {
 public:
  /// The versions of the operators whose meaning is known. The newest ones add operators and types of numbers alone.
  static constexpr Index oldest = 7, newest = 27;

  /// What reading may take: with the megabyte it is ten times a file of one megabyte or more.
  static constexpr std::size_t growth = 9, free = std::size_t{1} << 20U;

  /// Throws FileError if the file can't be read, is empty, has 2 GiB or more, is cut off or not an ONNX model, would take
  /// more memory than nine times its size and a megabyte, or has an older or newer form than is known.
  explicit File(const std::filesystem::path& path) : path_(path) {
    constexpr std::size_t largest = std::numeric_limits<int>::max();
    std::string bytes = read_file(path, largest + 1);
    check(bytes.size() <= largest, "has 2 GiB or more: an ONNX model has less");
    check(!bytes.empty(), "is empty: it must be an ONNX model");
    size_ = bytes.size();
    const Outline outline(bytes);
    check(outline.is_model, "has ", size_, " bytes, which are not those of an ONNX model");
    check(outline.announced <= size_, "has ", size_,
          " bytes of an ONNX model that says that it has at least ", outline.announced, ": it seems cut off");
    Cost cost;
    check(cost.count(bytes), "has ", size_, " bytes of an ONNX model that is damaged within");
    const std::size_t legal = growth * size_ + free;
    check(cost.bytes + size_ <= legal, "has ", size_, " bytes, and would take ", cost.bytes + size_,
          " bytes of memory: at most ", legal, " are legal");
    left_ = static_cast<Index>(legal - cost.bytes);
    check(model_.ParseFromString(bytes), "has ", size_, " bytes of an ONNX model that is damaged within");
    check(model_.has_graph(), "has ", size_, " bytes and no graph: it is not an ONNX model, or is cut off");
    for (const auto& set : model_.opset_import())
      if (set.domain().empty() || set.domain() == "ai.onnx") opset_ = set.version();
    check(opset_ != 0, "has ", size_,
          " bytes and names no version of the operators of ONNX: it is damaged or cut off");
    check(opset_ >= oldest && opset_ <= newest, "has operators of version ", opset_, ": versions from ",
          oldest, " to ", newest, " can be read");
  }

  /// Throws FileError with the path unless `legal`.
  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }

  const messages::Graph& graph() const { return model_.graph(); }
  Metadata metadata() const {
    Metadata all;
    for (const auto& entry : model_.metadata_props()) all[entry.key()] = entry.value();
    return all;
  }
  Index opset() const { return opset_; }
  /// The bytes of memory that numbers may take beside the messages.
  Index left() const { return left_; }

 private:
  std::filesystem::path path_;
  messages::Model model_;
  std::size_t size_ = 0;
  Index left_ = 0, opset_ = 0;
};

/// What a tensor holds, without a copy: raw bytes, or one of the lists.
class TensorReader {
 public:
  enum Type { float32 = 1, uint8, int8, int32 = 6, int64, boolean = 9, float16, float64, bfloat16 = 16 };

  TensorReader(const File& file, const messages::Tensor& tensor, std::string place)
      : file_(file), tensor_(tensor), place_(std::move(place)) {
    check(tensor.data_location() == 0 && tensor.external_data_size() == 0,
          "is in another file: only tensors in the model itself are read, so save it with them (in PyTorch: "
          "torch.onnx.export with external_data=False)");
    dims_.assign(tensor.dims().begin(), tensor.dims().end());
    const auto count = product_of(dims_);
    check(count.has_value(), "has sizes that are negative or too large");
    count_ = *count;
    const std::size_t width = bytes_of_one();
    Index given = 0;
    if (tensor.has_raw_data()) {
      const std::size_t bytes = tensor.raw_data().size();
      check(bytes % width == 0, "has ", bytes, " bytes: they must be a multiple of ", width);
      given = static_cast<Index>(bytes / width);
    } else {
      switch (type()) {
        case float32:
          given = tensor.float_data_size();
          break;
        case float64:
          given = tensor.double_data_size();
          break;
        case int64:
          given = tensor.int64_data_size();
          break;
        default:
          given = tensor.int32_data_size();
      }
    }
    check(given == count_, "has ", given, " numbers: by its sizes it must have ", count_);
  }

  Index count() const { return count_; }
  bool is_float() const {
    return type() == float32 || type() == float64 || type() == float16 || type() == bfloat16;
  }
  /// Numbers of any floating type as float. Throws FileError for numbers that are not finite.
  Numbers numbers() const {
    check(is_float(), "holds whole numbers: it must hold numbers");
    Numbers all{dims_, std::vector<float>(static_cast<std::size_t>(count_))};
    float* const to = all.values.data();
    if (type() == float32 && tensor_.has_raw_data()) {
      if (count_ > 0) std::memcpy(to, tensor_.raw_data().data(), tensor_.raw_data().size());
    } else {
      for (Index i = 0; i < count_; ++i) to[i] = number(i);
    }
    if (!ConstMatrixMap<float>(to, count_, count_ == 0 ? 0 : 1).allFinite()) {
      const auto wrong = std::find_if(to, to + count_, [](float number) { return !std::isfinite(number); });
      check(false, "holds ", *wrong, " as number ", wrong - to, ": all must be finite in single precision");
    }
    return all;
  }
  Array<Index> integers() const {
    check(!is_float(), "holds numbers: it must hold whole numbers");
    Array<Index> all{dims_, std::vector<Index>(static_cast<std::size_t>(count_))};
    for (Index i = 0; i < count_; ++i) all.values[static_cast<std::size_t>(i)] = integer(i);
    return all;
  }

 private:
  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    file_.check(legal, place_, ' ', parts...);
  }
  int type() const { return tensor_.data_type(); }
  std::size_t bytes_of_one() const {
    switch (type()) {
      case uint8:
      case int8:
      case boolean:
        return 1;
      case float16:
      case bfloat16:
        return 2;
      case float32:
      case int32:
        return 4;
      case int64:
      case float64:
        return 8;
      default:
        check(false, "is of type ", type(),
              ": legal are float, double, float16, bfloat16, int32, int64, int8, uint8 and bool");
        return 1;
    }
  }
  template <class T>
  T raw(Index i) const {
    T value;
    std::memcpy(&value, tensor_.raw_data().data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
  float number(Index i) const {
    const bool is_raw = tensor_.has_raw_data();
    const int at = static_cast<int>(i);
    switch (type()) {
      case float64:
        return static_cast<float>(is_raw ? raw<double>(i) : tensor_.double_data(at));
      case float16:
        return Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(
            is_raw ? raw<std::uint16_t>(i) : static_cast<std::uint16_t>(tensor_.int32_data(at))));
      case bfloat16:
        return std::bit_cast<float>(
            static_cast<std::uint32_t>(is_raw ? raw<std::uint16_t>(i)
                                              : static_cast<std::uint16_t>(tensor_.int32_data(at)))
            << 16U);
      default:
        return is_raw ? raw<float>(i) : tensor_.float_data(at);
    }
  }
  Index integer(Index i) const {
    if (!tensor_.has_raw_data())
      return type() == int64 ? tensor_.int64_data(static_cast<int>(i))
                             : tensor_.int32_data(static_cast<int>(i));
    switch (type()) {
      case int64:
        return raw<std::int64_t>(i);
      case int32:
        return raw<std::int32_t>(i);
      case int8:
        return raw<std::int8_t>(i);
      default:
        return raw<std::uint8_t>(i);
    }
  }

  const File& file_;
  const messages::Tensor& tensor_;
  std::string place_;
  std::vector<Index> dims_;
  Index count_ = 0;
};

/// A node, and which of its attributes were asked for.
class Node {
 public:
  Node(const File& file, const messages::Node& node, int place) : file_(&file), node_(&node), place_(place) {}

  const std::string& op() const { return node_->op_type(); }
  const std::string& domain() const { return node_->domain(); }
  const std::string& own_name() const { return node_->name(); }
  int inputs() const { return node_->input_size(); }
  int outputs() const { return node_->output_size(); }
  /// The name of an input or output; "" if it is left out.
  const std::string& input(int i) const {
    static const std::string none;
    return i < inputs() ? node_->input(i) : none;
  }
  const std::string& output(int i) const {
    static const std::string none;
    return i < outputs() ? node_->output(i) : none;
  }

  /// Throws FileError, which names the node and its operator, unless `legal`.
  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    if (!legal) [[unlikely]]
      file_->check(false, name(), ' ', parts...);
  }
  std::string name() const {
    const std::string own = !node_->name().empty() ? quote(node_->name())
                            : outputs() > 0        ? "that gives " + quote(output(0))
                                                   : std::to_string(place_);
    return "the node " + own + " (" + printable(op()) + ')';
  }

  bool has(const char* attribute) { return find(attribute) != nullptr; }
  Index integer(const char* attribute, Index otherwise) {
    const auto* const a = find(attribute);
    if (!a) return otherwise;
    check_type(*a, 2, "a whole number");
    return a->i();
  }
  bool flag(const char* attribute, bool otherwise) {
    const Index value = integer(attribute, otherwise ? 1 : 0);
    check(value == 0 || value == 1, "has ", attribute, ' ', value, ": it must be 0 or 1");
    return value == 1;
  }
  float number(const char* attribute, float otherwise) {
    const auto* const a = find(attribute);
    if (!a) return otherwise;
    check_type(*a, 1, "a number");
    check(std::isfinite(a->f()), "has ", attribute, ' ', a->f(), ": it must be finite");
    return a->f();
  }
  std::string text(const char* attribute, const char* otherwise) {
    const auto* const a = find(attribute);
    if (!a) return otherwise;
    check_type(*a, 3, "a text");
    return a->s();
  }
  std::optional<std::vector<Index>> integers(const char* attribute) {
    const auto* const a = find(attribute);
    if (!a) return {};
    check_type(*a, 7, "a list of whole numbers");
    return std::vector<Index>(a->ints().begin(), a->ints().end());
  }
  std::vector<float> numbers(const char* attribute) {
    const auto* const a = find(attribute);
    if (!a) return {};
    check_type(*a, 6, "a list of numbers");
    for (const float number : a->floats())
      check(std::isfinite(number), "has ", number, " in ", attribute, ": it must be finite");
    return {a->floats().begin(), a->floats().end()};
  }
  std::vector<std::string> texts(const char* attribute) {
    const auto* const a = find(attribute);
    if (!a) return {};
    check_type(*a, 8, "a list of texts");
    return {a->strings().begin(), a->strings().end()};
  }
  std::optional<TensorReader> tensor(const char* attribute) {
    const auto* const a = find(attribute);
    if (!a) return {};
    check_type(*a, 4, "a tensor");
    return TensorReader(*file_, a->t(), name() + " has " + attribute + ", which");
  }

  /// Throws FileError for an attribute that nobody asked for: it would have changed what the node does.
  void finish() const {
    for (const auto& a : node_->attribute())
      check(std::find(asked_.begin(), asked_.end(), a.name()) != asked_.end(), "has the attribute ",
            quote(a.name()), ", which can't be represented here");
  }

 private:
  const messages::Attribute* find(const char* name) {
    asked_.emplace_back(name);
    const messages::Attribute* found = nullptr;
    for (const auto& a : node_->attribute())
      if (a.name() == name) {
        check(!found, "has ", name, " twice");
        found = &a;
      }
    return found;
  }
  void check_type(const messages::Attribute& a, int type, const char* what) const {
    check(a.type() == type, "has ", printable(a.name()), " of type ", a.type(), ": it must be ", what);
  }

  const File* file_;
  const messages::Node* node_;
  int place_;
  std::vector<std::string> asked_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
