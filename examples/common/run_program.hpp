// How a program begins and ends: it reads its options, and one line says what is wrong.
#pragma once

#include <iostream>
#include <new>
#include <recur/core/error.hpp>
#include <recur/core/utf8.hpp>
#include <recur/train/progress.hpp>
#include <stdexcept>
#include <string>
#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#endif
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include "file.hpp"
#include "options.hpp"
#include "text.hpp"

namespace examples {

/// Parses what the user wrote. Returns false if that was a question for the help, which it writes. Throws
/// std::invalid_argument for what is not legal, and CLI::RequiredError if something is missing.
inline bool parse_words(CLI::App& app, int count, const char* const* words) {
  try {
    app.parse(count, words);
  } catch (const CLI::RequiredError&) {
    throw;
  } catch (const CLI::ExtrasError&) {
    const auto commands = app.get_subcommands();
    const auto unknown = commands.empty() ? app.remaining() : commands[0]->remaining();
    throw std::invalid_argument(recur::detail::message(
        recur::detail::quote(unknown.empty() ? "" : unknown.front()), " is not an option",
        commands.empty() ? "" : " of " + commands[0]->get_name(), ": --help lists them"));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string said = error.what();
    if (const std::size_t what = said.find(" was given a disallowed"); what != said.npos)
      throw std::invalid_argument("--" + said.substr(0, what) + " takes no value");
    throw std::invalid_argument(said.substr(0, said.find(':')) + (said.find("At Most") != std::string::npos
                                                                      ? " is given more than once"
                                                                      : " needs a value"));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw std::invalid_argument(recur::detail::printable(error.what()));
    app.exit(error);
    std::cout << "\n";
    return false;
  }
  return true;
}

/// If the standard input, output or error is closed, the next file that is opened would take its place, and
/// output for the terminal would go into a model. So this opens files in their places that can't be read or
/// written.
inline void occupy_standard_streams() {
#if defined(__unix__) || defined(__APPLE__)
  for (const int stream : {0, 1, 2})
    if (fcntl(stream, F_GETFD) == -1) [[maybe_unused]]
      const int opened =
          open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);  // takes the lowest free number
#endif
}

/// Whether a person sits at a terminal, whom the program may ask.
inline bool can_ask() {
#if __has_include(<unistd.h>)
  return isatty(0) == 1 && recur::Terminal::standard_output().live;
#else
  return false;
#endif
}

/// Runs a program, which returns its exit code. Whatever it throws is one line and the code 2.
template <class Program>
int run_program(const char* name, Program program) {
  occupy_standard_streams();
  const auto fail = [&](const std::string& what) {
    std::cout.flush();
    std::cerr << name << ": " << what << "\n";
    return 2;
  };
  try {
    const int code = program();
    require_output();
    return code;
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory: take a smaller network or batch");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace examples
