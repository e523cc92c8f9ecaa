// Pickles of tensors in dictionaries, as torch.save writes them: what pickle.hpp reads.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// Writes a pickle that torch.load reads, value by value:
///
///   PickleWriter out;
///   out.dict([&] { out.text("epoch"), out.integer(3); });
///   out.finish();
class PickleWriter {
 public:
  PickleWriter() { bytes_ = "\x80\x02"; }

  void none() { bytes_ += 'N'; }
  void flag(bool value) { bytes_ += value ? '\x88' : '\x89'; }
  void integer(std::int64_t value) {
    bytes_ += "\x8A\x08";
    little_endian(static_cast<std::uint64_t>(value), 8);
  }
  void number(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    bytes_ += 'G';
    for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>(bits >> shift & 0xFFU);
  }
  void text(std::string_view value) {
    bytes_ += 'X';
    little_endian(value.size(), 4);
    bytes_ += value;
  }
  template <class F>
  void tuple(F&& elements) {
    bytes_ += '(';
    elements();
    bytes_ += 't';
  }
  template <class F>
  void list(F&& elements) {
    bytes_ += "](";
    elements();
    bytes_ += 'e';
  }
  /// `elements` writes keys and values in turn.
  template <class F>
  void dict(F&& elements) {
    bytes_ += "}(";
    elements();
    bytes_ += 'u';
  }
  template <class F>
  void ordered_dict(F&& elements) {
    bytes_ += "ccollections\nOrderedDict\n)R(";
    elements();
    bytes_ += 'u';
  }
  /// A contiguous tensor that is the whole storage `key` of floats or doubles.
  void tensor(std::string_view key, Dtype dtype, const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    bytes_ += "ctorch._utils\n_rebuild_tensor_v2\n";
    tuple([&] {
      tuple([&] {
        text("storage");
        bytes_ += dtype == Dtype::f32 ? "ctorch\nFloatStorage\n" : "ctorch\nDoubleStorage\n";
        text(key);
        text("cpu");
        integer(static_cast<std::int64_t>(count));
      });
      bytes_ += 'Q';
      integer(0);
      tuple([&] {
        for (const std::uint64_t n : shape) integer(static_cast<std::int64_t>(n));
      });
      tuple([&] {
        std::uint64_t stride = count;
        for (const std::uint64_t n : shape) {
          stride /= std::max<std::uint64_t>(n, 1);
          integer(static_cast<std::int64_t>(stride));
        }
      });
      flag(false);
      bytes_ += "ccollections\nOrderedDict\n)R";
    });
    bytes_ += 'R';
  }
  std::string finish() { return std::exchange(bytes_, {}) + '.'; }

 private:
  void little_endian(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> 8 * i & 0xFFU);
  }

  std::string bytes_;
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
