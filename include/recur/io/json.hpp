// The one header that includes nlohmann-json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#else
#error "recur: files of weights need nlohmann-json (Debian: nlohmann-json3-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI::detail {

/// Reads JSON piece by piece, in order. A derived class takes what it expects. A whole document in memory
/// would take up to fifty times the memory of its text.
struct JsonEvents : nlohmann::json_sax<nlohmann::json> {
  std::string error;           ///< why parse gave up
  std::size_t stopped_at = 0;  ///< the byte at which it did

  /// Throws what the events throw. Returns false and sets `error` if the text is not JSON.
  bool parse(std::string_view text) { return nlohmann::json::sax_parse(text.begin(), text.end(), this); }

  /// All values except strings, counts, objects and lists.
  virtual bool other() = 0;
  virtual bool count(std::uint64_t number) = 0;

  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_unsigned(number_unsigned_t number) override { return count(number); }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool binary(binary_t&) override { return other(); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    stopped_at = position;
    error = message("byte ", position, ", after ", quote(token));
    return false;
  }
};

}  // namespace recur::inline RECUR_ABI::detail
