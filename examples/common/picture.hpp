// Writes numbers as a file, and as a picture if gnuplot is installed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <recur/core/matrix.hpp>
#include <recur/core/utf8.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "file.hpp"

namespace examples {

using Curve = std::pair<const char*, recur::VectorX<double>>;  ///< its title and its numbers

/// A text for a script of gnuplot, such as the name of a column of the user's: 'it''s'.
inline std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : recur::detail::printable(text)) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + '\'';
}

/// Whether NAME.gp draws NAME.*: then these are of an earlier run.
inline bool has_drawn(const std::string& name) {
  std::ifstream script(name + ".gp");
  std::string terminal, output;
  return std::getline(script, terminal) && std::getline(script, output) &&
         output.starts_with("set output '" + name + '.');
}

/// Writes NAME.csv by `write` and NAME.gp, from which gnuplot makes NAME.FORMAT, an svg or a png. It replaces those of an
/// earlier run. Other files of these names may be the user's: then it writes nothing. `script` says how to draw; in it, DATA
/// is the file of numbers. Returns a sentence about the result. NAME has no quotes. `size` is that of the picture in pixels,
/// "900,360". `also` is the format of a second picture, NAME.ALSO, if the script draws one.
template <class Write>
std::string plot(const std::string& name, std::string_view format, const std::string& script, Write write,
                 std::string_view size = {}, std::string_view also = {}) {
  for (const std::string_view ending : {std::string_view("csv"), std::string_view("gp"), format, also})
    if (const std::string file = name + '.' + std::string(ending);
        !ending.empty() && is_there(file) && !has_drawn(name))
      return "No picture: " + file + " is there, and may be yours. In another folder this program draws one.";
  std::ofstream data(name + ".csv"), to_draw(name + ".gp");
  data.precision(8);
  write(data);
  data.close();
  const bool is_svg = format == "svg";
  if (size.empty()) size = is_svg ? "800,480" : "1000,720";
  to_draw << "set terminal " << (is_svg ? "svg" : "pngcairo") << " noenhanced size " << size
          << (is_svg ? " font 'sans,13'" : " font 'sans,12'") << " background 'white'\n"
          << "set output '" << name << '.' << format << "'\nset datafile separator ','\nDATA = '" << name
          << ".csv'\n"
          << script << std::endl;
  if (!data || !to_draw) return "No picture and no numbers: this folder can't be written to.";
#if defined(_WIN32)
  const std::string command = "gnuplot \"" + name + ".gp\" 2>nul";
#else
  const std::string command = "gnuplot '" + name + ".gp' 2>/dev/null";
#endif
  if (std::system(command.c_str()) == 0) return "Picture: " + name + '.' + std::string(format) + '.';
  return "Numbers: " + name + ".csv. A picture of them, by gnuplot (Debian: gnuplot-nox):\n  gnuplot " +
         name + ".gp";
}

/// The same for curves: a row for each step and a column for each curve. A number that is NaN is left out.
inline std::string draw(const std::string& name, std::span<const Curve> curves, const std::string& script,
                        std::string_view format = "svg", std::string_view size = {}) {
  const auto write = [&](std::ostream& data) {
    data << "step";
    for (const auto& [title, curve] : curves) data << ',' << title;
    for (recur::Index i = 0; i < curves[0].second.size(); ++i) {
      data << '\n' << i;
      for (const auto& [title, curve] : curves) {
        data << ',';
        if (!std::isnan(curve(i))) data << curve(i);
      }
    }
    data << '\n';
  };
  return plot(name, format, script, write, size);
}

/// A name in a file of numbers. In a matrix gnuplot does not read names in quotes, so characters that look the same
/// stand for its commas and quotes.
inline std::string plot_name(const std::string& name) {
  std::string safe;
  for (const char c : name) safe += c == ',' ? "\u201A" : c == '"' ? "\u2033" : std::string(1, c);
  return safe;
}

/// The same for a matrix whose rows and columns have names: the first row and the first column have these.
/// DATA suits `plot DATA matrix rowheaders columnheaders with image`.
inline std::string draw(const std::string& name, const recur::MatrixX<double>& matrix,
                        std::span<const std::string> rows, std::span<const std::string> columns,
                        const std::string& script, std::string_view format = "png",
                        std::string_view size = {}) {
  const auto write = [&](std::ostream& data) {
    for (const auto& column : columns) data << ',' << plot_name(column);
    for (recur::Index i = 0; i < matrix.rows(); ++i) {
      data << '\n' << plot_name(rows[static_cast<std::size_t>(i)]);
      for (const double number : matrix.row(i)) data << ',' << number;
    }
    data << '\n';
  };
  return plot(name, format, script, write, size);
}

/// A picture in characters for a terminal, dark where a number is large: row 0 below, and as many rows and columns as
/// asked for, each the largest of what it stands for.
inline std::string shaded(const recur::MatrixX<float>& numbers, recur::Index rows, recur::Index columns) {
  rows = std::min(rows, numbers.rows());
  columns = std::min(columns, numbers.cols());
  const float low = numbers.minCoeff(), range = std::max(1e-6f, numbers.maxCoeff() - low);
  std::string text;
  for (recur::Index r = rows; r-- > 0;) {
    for (recur::Index c = 0; c < columns; ++c) {
      const recur::Index row = r * numbers.rows() / rows, column = c * numbers.cols() / columns;
      const float largest = numbers
                                .block(row, column, (r + 1) * numbers.rows() / rows - row,
                                       (c + 1) * numbers.cols() / columns - column)
                                .maxCoeff();
      text += " .:-=+*#%@"[static_cast<std::size_t>(9.99f * (largest - low) / range)];
    }
    text += '\n';
  }
  return text;
}

}  // namespace examples
