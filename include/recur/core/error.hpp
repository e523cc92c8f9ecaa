// Errors say what was given and what is legal. They are thrown before anything is changed.
//
// <recur/stream.hpp> also compiles without exceptions and RTTI (-fno-exceptions -fno-rtti). An error then writes its
// message and ends the program. Training, data and files need exceptions.
#pragma once

#include <array>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "recur/core/compiled.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// "single precision" for float, "double precision" for double. Messages use it to say what is legal for the
/// scalar.
template <std::floating_point S>
inline constexpr const char* precision_of = sizeof(S) == sizeof(float) ? "single precision"
                                                                       : "double precision";

}  // namespace detail

/// A loss, gradient or weight is NaN or infinite. The message names the place where it happened.
struct NonFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file can't be read, or its content is not what it should be.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

template <class T>
concept DescribesItself = requires(const T& part) {
  part.describe();
};

/// One part of a message: a text, a number, or a layer (its description). It is a view: use it only within
/// the expression that makes it. Hundreds of places write errors. The code compiled there only makes a list
/// of these parts.
class Piece {
 public:
  Piece(const char* text) : value_{.pointer = text}, kind_(Kind::literal) {}
  Piece(std::string_view text)
      : value_{.pointer = text.data()}, more_{.size = text.size()}, kind_(Kind::text) {}
  Piece(const std::string& text) : Piece(std::string_view(text)) {}
  Piece(double number) : value_{.number = number}, kind_(Kind::number) {}
  Piece(float number) : Piece(static_cast<double>(number)) {}
  Piece(long long integer) : value_{.integer = integer}, kind_(Kind::integer) {}
  Piece(long integer) : Piece(static_cast<long long>(integer)) {}
  Piece(int integer) : Piece(static_cast<long long>(integer)) {}
  Piece(unsigned long long count) : value_{.count = count}, kind_(Kind::count) {}
  Piece(unsigned long count) : Piece(static_cast<unsigned long long>(count)) {}
  Piece(unsigned count) : Piece(static_cast<unsigned long long>(count)) {}
  Piece(char letter) : value_{.integer = letter}, kind_(Kind::letter) {}
  template <DescribesItself T>
  Piece(const T& layer)
      : value_{.pointer = &layer},
        more_{.describe = [](const void* l) { return static_cast<const T*>(l)->describe(); }},
        kind_(Kind::layer) {}

  std::string text() const;

 private:
  enum class Kind { literal, text, integer, count, number, letter, layer };

  union {
    const void* pointer;
    double number;
    long long integer;
    unsigned long long count;
  } value_;
  union {
    std::size_t size;
    std::string (*describe)(const void*);
  } more_{.size = 0};
  Kind kind_;
};

/// Joins texts, numbers and layers into one message.
RECUR_COLD RECUR_INLINE std::string join(std::initializer_list<Piece> parts);
template <class... Parts>
std::string message(const Parts&... parts) {
  return join({Piece(parts)...});
}
/// "kind {part, part, part}", the description of a layer that holds others.
RECUR_COLD RECUR_INLINE std::string list(const char* kind, std::initializer_list<Piece> parts);

/// Throws an Error with this message. Without exceptions (-fno-exceptions), it writes the message to the standard error
/// and ends the program.
template <class Error>
[[noreturn]] RECUR_COLD void fail(const std::string& message) {
#if RECUR_EXCEPTIONS
  throw Error(message);
#else
  std::fputs((message + "\n").c_str(), stderr);
  std::abort();
#endif
}

[[noreturn]] RECUR_COLD RECUR_INLINE void refuse(std::initializer_list<Piece> parts);
[[noreturn]] RECUR_COLD RECUR_INLINE void refuse_index(const char* what, long long index, long long count);

/// Throws std::out_of_range unless 0 <= index < count.
inline void check_index(const char* what, long long index, long long count) {
  if (index < 0 || index >= count) [[unlikely]]
    refuse_index(what, index, count);
}

#if RECUR_DEFINES
RECUR_INLINE std::string Piece::text() const {
  switch (kind_) {
    case Kind::literal:
      return static_cast<const char*>(value_.pointer);
    case Kind::text:
      return {static_cast<const char*>(value_.pointer), more_.size};
    case Kind::integer:
      return std::to_string(value_.integer);
    case Kind::count:
      return std::to_string(value_.count);
    case Kind::letter:
      return {static_cast<char>(value_.integer)};
    case Kind::layer:
      return more_.describe(value_.pointer);
    case Kind::number:
      break;
  }
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%g", value_.number);
  return digits.data();
}

RECUR_INLINE std::string join(std::initializer_list<Piece> parts) {
  std::string message;
  for (const Piece& part : parts) message += part.text();
  return message;
}
RECUR_INLINE std::string list(const char* kind, std::initializer_list<Piece> parts) {
  std::string text = kind;
  const char* before = " {";
  for (const Piece& part : parts) {
    text += before;
    text += part.text();
    before = ", ";
  }
  text += '}';
  return text;
}
RECUR_INLINE void refuse(std::initializer_list<Piece> parts) { fail<std::invalid_argument>(join(parts)); }
RECUR_INLINE void refuse_index(const char* what, long long index, long long count) {
  fail<std::out_of_range>(
      join({what, " ", index, " is out of range: there are ", count, ", counted from 0"}));
}
#endif

}  // namespace detail

/// Throws std::invalid_argument with the joined parts unless `legal` holds. The message is made only then. If
/// all is well, nothing is made and nothing is allocated.
template <class... Parts>
RECUR_ALWAYS_INLINE inline void require(bool legal, const Parts&... parts) {
  if (!legal) [[unlikely]]
    detail::refuse({detail::Piece(parts)...});
}

}  // namespace recur::inline RECUR_ABI
