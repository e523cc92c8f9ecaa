// Runs programs of examples/ on real data and reads the figures that they write.
#include "programs.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include "suite/shell.hpp"

namespace programs {

namespace {

/// The names and numbers that a program wrote. It runs in a folder of its own, since it also draws pictures.
std::map<std::string, double> run(const std::string& program, const std::string& arguments) {
  const auto folder = std::filesystem::absolute("build/figures/run");
  std::filesystem::create_directories(folder);
  const std::string log = (folder / (program + ".log")).string(), figures = program + ".figures";
  const std::string command = "cd " + bench::for_shell(folder) + " && ../bin/" + program + ' ' + arguments +
                              " --overwrite --figures " + figures + " < /dev/null > " +
                              bench::for_shell(log) + " 2>&1";
  if (std::system(command.c_str()) != 0) throw std::runtime_error(program + " failed: see " + log);
  std::map<std::string, double> reached;
  std::ifstream file(folder / figures);
  std::string name;
  for (double number = 0; file >> name >> number;) reached[name] = number;
  return reached;
}

}  // namespace

double figure(const std::string& program, const std::string& what, const std::string& arguments) {
  static std::map<std::string, std::map<std::string, double>> runs;  // by command
  const std::string command = program + ' ' + arguments;
  if (!runs.contains(command)) runs[command] = run(program, arguments);
  const auto found = runs[command].find(what);
  if (found == runs[command].end()) throw std::runtime_error(program + " says nothing of \"" + what + '"');
  return found->second;
}

double figure(const std::string& name, const std::string& arguments) {
  const std::string program = name.substr(0, name.find('-'));
  return figure(program, name.substr(program.size() + 1), arguments);
}

}  // namespace programs
