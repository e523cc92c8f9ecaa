// Writes curves as a file of numbers, and as a picture if gnuplot is installed.
#pragma once

#include <cstdlib>
#include <fstream>
#include <recur/core/matrix.hpp>
#include <span>
#include <string>
#include <utility>

using Curve = std::pair<const char*, recur::VectorX<double>>;  ///< its title and its numbers

/// Writes NAME.csv, with a row for each step and a column for each curve, and NAME.gp, from which gnuplot
/// makes NAME.svg. `script` says how to draw; in it, DATA is the file of numbers. Returns a sentence about
/// the result.
inline std::string draw(const std::string& name, std::span<const Curve> curves, const std::string& script) {
  std::ofstream data(name + ".csv"), plot(name + ".gp");
  data << "step";
  for (const auto& [title, curve] : curves) data << ',' << title;
  for (recur::Index i = 0; i < curves[0].second.size(); ++i) {
    data << '\n' << i;
    for (const auto& [title, curve] : curves) data << ',' << curve(i);
  }
  data << std::endl;
  plot << "set terminal svg noenhanced size 800,480 font 'sans,13' background 'white'\n"
       << "set output '" << name << ".svg'\nset datafile separator ','\nDATA = '" << name << ".csv'\n"
       << script << std::endl;
  if (!data || !plot) return "No picture and no numbers: this folder can't be written to.";
  if (std::system(("gnuplot " + name + ".gp 2>/dev/null").c_str()) == 0) return "Picture: " + name + ".svg.";
  return "Numbers: " + name + ".csv. A picture of them, by gnuplot (Debian: gnuplot-nox):\n  gnuplot " +
         name + ".gp";
}
