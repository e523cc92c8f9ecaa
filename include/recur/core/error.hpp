// Errors say what was given and what is legal, and are thrown before anything is changed.
#pragma once

#include <array>
#include <concepts>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "recur/core/compiled.hpp"

namespace recur::inline RECUR_ABI {

/// "single precision" of float, "double precision" of double: a message that says what is legal for the scalar.
template <std::floating_point S>
inline constexpr const char* precision_of = sizeof(S) == sizeof(float) ? "single precision"
                                                                       : "double precision";

/// A loss, gradient or weight that is not a number or not finite, with the place where it happened.
struct NonFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file that can't be read, or whose content is not what it should be.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// One part of a message: a text, a number, or a layer, which stands for its description. A view, to be used
/// within the expression that makes it. Errors are written at hundreds of places; all that is compiled there
/// is a list of these.
class Part {
 public:
  Part(std::string_view text) : text_(text) {}
  Part(const char* text) : text_(text) {}
  Part(const std::string& text) : text_(text) {}
  Part(std::floating_point auto number) : number_(static_cast<double>(number)), kind_(Kind::number) {}
  Part(std::signed_integral auto integer) : integer_(integer), kind_(Kind::integer) {}
  Part(std::unsigned_integral auto count) : count_(count), kind_(Kind::count) {}
  Part(char letter) : integer_(letter), kind_(Kind::letter) {}
  template <class T>
  requires requires(const T& part) { part.describe(); }
  Part(const T& layer)
      : layer_(&layer),
        describe_([](const void* l) { return static_cast<const T*>(l)->describe(); }),
        kind_(Kind::layer) {}

  std::string text() const;

 private:
  enum class Kind { text, number, integer, count, letter, layer };

  std::string_view text_;
  union {
    double number_;
    long long integer_;
    unsigned long long count_;
    const void* layer_ = nullptr;
  };
  std::string (*describe_)(const void*) = nullptr;
  Kind kind_ = Kind::text;
};

/// Joins texts, numbers and layers into one message.
[[gnu::cold]] RECUR_INLINE std::string join(std::initializer_list<Part> parts);
template <class... Parts>
std::string message(const Parts&... parts) {
  return join({Part(parts)...});
}

[[noreturn, gnu::cold]] RECUR_INLINE void refuse(std::initializer_list<Part> parts);

#if RECUR_DEFINES
RECUR_INLINE std::string Part::text() const {
  switch (kind_) {
    case Kind::text:
      return std::string(text_);
    case Kind::integer:
      return std::to_string(integer_);
    case Kind::count:
      return std::to_string(count_);
    case Kind::letter:
      return {static_cast<char>(integer_)};
    case Kind::layer:
      return describe_(layer_);
    case Kind::number:
      break;
  }
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%g", number_);
  return digits.data();
}

RECUR_INLINE std::string join(std::initializer_list<Part> parts) {
  std::string message;
  for (const Part& part : parts) message += part.text();
  return message;
}
RECUR_INLINE void refuse(std::initializer_list<Part> parts) { throw std::invalid_argument(join(parts)); }
#endif

}  // namespace detail

/// Throws std::invalid_argument with the joined parts unless `legal` holds. The message is made then and not
/// before: nothing is made, and nothing allocated, where all is well.
template <class... Parts>
[[gnu::always_inline]] inline void require(bool legal, const Parts&... parts) {
  if (!legal) [[unlikely]]
    detail::refuse({detail::Part(parts)...});
}

}  // namespace recur::inline RECUR_ABI
