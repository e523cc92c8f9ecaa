// Questions on the standard input, and their answers.
#pragma once

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <recur/core/file.hpp>
#include <recur/core/utf8.hpp>
#include <stdexcept>
#include <string>

#include "run_program.hpp"
#include "text.hpp"

namespace examples {

/// Writes answer(line) for each line of the standard input. A person types at a mark, ends with an empty line, and may try
/// again if answer throws std::invalid_argument. The person sees each answer by `show`.
template <class Answer>
void answer_input(
    const std::string& what_to_type, Answer answer,
    void (*show)(const std::string&) = [](const std::string& text) { write_text(text); }) {
  const bool person = can_ask();
  if (person) std::cout << "\nType " << what_to_type << "; an empty line ends.\n";
  std::size_t number = 0;
  for (std::string line; std::cout << (person ? "> " : "") << std::flush && std::getline(std::cin, line);) {
    if (++number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a byte order mark
    if (line.ends_with('\r')) line.pop_back();
    if (person && recur::detail::trim(line).empty()) break;
    try {
      const std::string text = answer(line);
      if (person)
        show(text);
      else
        std::cout << text << '\n';
    } catch (const std::invalid_argument& error) {
      if (!person) throw std::invalid_argument(text_of("line ", number, ": ", error.what()));
      write_text(error.what());
    }
  }
  recur::detail::require_file(!std::cin.bad() && std::ferror(stdin) == 0, "the standard input",
                              "can't be read");
}

}  // namespace examples
