// Networks in files: what is inside, from one format to another, into a C++ header, checked, and run on sound or tables.
//
//   convert inspect amp.nam
//   convert convert amp.nam amp.safetensors
//   convert header amp.safetensors amp.hpp
//   convert check amp.safetensors --input x.csv --expected y.csv
//   convert run amp.safetensors guitar.wav out.wav
//   convert run mask.onnx --input signal=x.csv --input speaker=s.csv --output mask=y.csv
//
// Ends with 0. If something is wrong, it says what in one line on the standard error stream and ends with 2.
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../common/command_line.hpp"
#include "../common/sound.hpp"
#include "graph.hpp"
#include "inspect.hpp"
#include "options.hpp"
#include "recur/core/file.hpp"
#include "recur/data/numeric_table.hpp"
#include "recur/exchange/any_file.hpp"
#include "recur/exchange/header_file.hpp"
#include "recur/network/all_kinds.hpp"

namespace {

using namespace examples;
using namespace recur;
namespace fs = std::filesystem;

void require_new(const std::string& path, bool overwrite) {
  detail::require_file(overwrite || !is_there(path), path,
                       "exists already: replace it with --overwrite, or give another name");
  require_writable(path);
}

/// A folder beside a file, for the file's successor, during the object's life.
struct Beside {
  fs::path folder;
  explicit Beside(const fs::path& file)
      : folder(file.parent_path() / (file.filename().string() + ".unchecked")) {
    std::error_code error;
    detail::require_file(
        fs::create_directory(folder, error), folder,
        "can't be made, or is there: the new file is kept in it until it was checked. If a run ",
        "was killed, remove this folder");
  }
  ~Beside() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

/// The file that was made gets its name, unless its outputs differ.
void save_if_equal(const Options& how, const fs::path& made, double error, const char* with) {
  detail::require_file(error <= how.tolerance, how.to, "would give other outputs than ",
                       detail::printable(how.from), ": the difference is ", error);
  fs::rename(made, how.to);
  write_text(text_of("Saved to ", detail::printable(how.to), with, "; read again, its outputs differ by ",
                     error, "."));
}

/// A graph of several inputs or outputs can only become another file of ONNX.
void convert_graph([[maybe_unused]] const Options& how, [[maybe_unused]] const AnyGraph& graph) {
#ifdef RECUR_HAS_ONNX
  require(detail::has_ending(how.to, ".onnx") && !how.pytorch, detail::printable(how.from),
          " is a graph of several inputs or outputs: only ONNX can hold it, so OUT must end in .onnx");
  require_new(how.to, how.overwrite);
  const fs::path to(how.to);
  const Beside beside(to);
  const fs::path made = beside.folder / to.filename();
  Metadata metadata = onnx_metadata(how.from);
  const bool has_test = metadata.contains(detail::any_file::test_key);
  const GraphTest test = has_test ? graph_test_in(graph, how.from) : make_graph_test(graph);
  metadata[detail::any_file::test_key] = to_json(test).dump();
  std::visit([&](const auto& its) { save_onnx(made, its, how.onnx, metadata); }, graph);
  const AnyGraph again = load_graph(made.string());
  save_if_equal(how, made, error_of(again, graph_test_in(again, made.string())), ", with a test case");
#endif
}

void convert(const Options& how) {
  auto found = load_either(how);
  if (const auto* const graph = std::get_if<AnyGraph>(&found)) return convert_graph(how, *graph);
  auto& loaded = std::get<LoadedNetwork>(found);
  check_onnx_options(how);
  require_new(how.to, how.overwrite);
  if (!loaded.test) loaded.test = make_test_case(loaded.network);
  detail::any_file::format_to_write(how.to,
                                    how.pytorch ? "PyTorch" : "");  // refuses a name before it makes a folder
  // A file that was there stays until the new one was read again and is right.
  const fs::path to(how.to);
  const Beside beside(to);
  const fs::path made = beside.folder / to.filename();
  const std::string_view as = how.pytorch ? "PyTorch" : "";
  save_any(made, loaded, how.onnx, as);
  const LoadedNetwork again = load_again(made, loaded, all_kinds<float>(), as);
  save_if_equal(how, made, error_of(again.network, *loaded.test), again.test ? ", with a test case" : "");
}

void header(const Options& how) {
  detail::require_file(!is_same_file(how.from, how.to), how.to,
                       "is the network: give the header another name");
  const LoadedNetwork loaded = load(how);
  require_new(how.to, how.overwrite);
  const std::string name = how.name.empty() ? fs::path(how.to).stem().string() : how.name;
  const HeaderWeights weights = how.weights == "int8" ? HeaderWeights::int8 : HeaderWeights::float32;
  const HeaderOptions with{.test = loaded.test ? *loaded.test : make_test_case(loaded.network),
                           .weights = weights};
  std::visit([&](const auto& network) { write_header(how.to, network, name, with); }, loaded.network);
  write_text(text_of("Saved to ", detail::printable(how.to), ": include it, and use ", name,
                     "::Network. recur::embedded::error_of runs its test case."));
  if (weights == HeaderWeights::float32) return;
  AnyNetwork rounded = loaded.network;
  std::visit([](auto& network) { round_to_int8(network); }, rounded);
  write_text(text_of("With weights of 8 bits its error is ", error_of(rounded, *with.test), '.'));
}

/// The largest difference of a graph's outputs, and of how many outputs.
std::pair<double, std::string> check_graph(const AnyGraph& graph, const GraphTest& test) {
  return {error_of(graph, test), several(test.outputs.size(), "output")};
}
std::pair<double, std::string> check_network(const LoadedNetwork& loaded, const TestCase& test) {
  return {error_of(loaded.network, test), several(static_cast<std::size_t>(test.output.cols()), "step")};
}

void check(const Options& how) {
  require(how.inputs.empty() == how.expected.empty(), "--input and --expected go together");
  const auto [error, where] = [&] {
    if (are_named(how.inputs) || are_named(how.expected))
      return check_graph(load_graph(how.from),
                         {read_named("--input", how.inputs), read_named("--expected", how.expected)});
    if (!how.inputs.empty())
      return check_network(load(how), {read_steps(how.inputs[0]), read_steps(how.expected[0])});
    const auto found = load_either(how);
    if (const auto* const graph = std::get_if<AnyGraph>(&found))
      return check_graph(*graph, graph_test_in(*graph, how.from));
    const auto& loaded = std::get<LoadedNetwork>(found);
    detail::require_file(loaded.test.has_value(), how.from,
                         "carries no test case: give --input and --expected");
    return check_network(loaded, *loaded.test);
  }();
  check_error(how, error);
  write_text(text_of("As expected: the largest difference in ", where, " is ", error, "."));
}

/// Step by step where the network can stream, as a plug-in would; else as a whole.
MatrixX<float> run_network(const AnyNetwork& any, const MatrixX<float>& x) {
  const auto* const network = std::get_if<Network<float>>(&any);
  if (!network || !network->can_stream()) return outputs_of(any, x);
  auto stream = network->stream(x.rows());
  MatrixX<float> y;
  for (Index t = 0; t < x.cols(); ++t) {
    const VectorX<float>& one = network->step(x.col(t), stream);
    if (t == 0) y.resize(one.size(), x.cols());
    y.col(t) = one;
  }
  return y;
}

void run_graph(const Options& how) {
  require(!how.inputs.empty() && !how.outputs.empty() && how.input.empty(),
          "run takes X and Y or, of a graph, --input NAME=X.csv of each input and --output NAME=Y.csv");
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& text : how.outputs) {
    files.push_back(split_file("--output", text));
    for (auto one = files.begin(); one + 1 < files.end(); ++one)
      detail::require_file(!is_same_file(one->second, files.back().second), files.back().second,
                           "is the file of two outputs: give each a name of its own");
    require(detail::has_ending(files.back().second, ".csv"), detail::quote(files.back().second),
            " has another ending than .csv");
    require_new(files.back().second, how.overwrite);
  }
  const NamedSteps y = outputs_of_graph(load_graph(how.from), read_named("--input", how.inputs));
  for (const auto& one : files) output_called(y, one.first);  // throws before anything is written
  for (const auto& [name, file] : files) {
    const MatrixX<float>& steps = output_called(y, name);
    write_steps(file, steps);
    write_text(text_of("Saved ", steps.cols(), " steps of ", detail::printable(name), " to ",
                       detail::printable(file), "."));
  }
}

void run(const Options& how) {
  if (how.input.empty() || how.to.empty() || !how.inputs.empty() || !how.outputs.empty())
    return run_graph(how);
  const LoadedNetwork loaded = load(how);
  require_new(how.to, how.overwrite);
  MatrixX<float> x;
  int rate = 0;
  if (detail::has_ending(how.input, ".csv") || detail::has_ending(how.input, ".tsv")) {
    x = read_steps(how.input);
  } else {
    auto [samples, its_rate] = read_any_sound(how.input);
    rate = its_rate;
    x = samples.transpose();
    detail::require_file(loaded.sample_rate == 0 || loaded.sample_rate == rate, how.input, "has ", rate,
                         " samples a second, but the network is for ", loaded.sample_rate, ": sox FILE -r ",
                         loaded.sample_rate, " OTHER makes it another");
  }
  const MatrixX<float> y = run_network(loaded.network, x);
  if (detail::has_ending(how.to, ".csv")) {
    write_steps(how.to, y);
  } else {
    require(detail::has_ending(how.to, ".wav"), detail::quote(how.to),
            " has another ending than .csv and .wav");
    require(y.rows() == 1, "a sound has 1 number a step, but the network gives ", y.rows(), ": write a .csv");
    write_sound(how.to, y.row(0).transpose(),
                rate > 0                 ? rate
                : loaded.sample_rate > 0 ? static_cast<int>(loaded.sample_rate)
                                         : 48000);
  }
  write_text(text_of("Saved ", y.cols(), " steps to ", detail::printable(how.to), "."));
}

}  // namespace

int main(int count, char** words) {
  return run_program("convert", [&] {
    Options how;
    CLI::App app{"Networks in files: look at them, convert, check and run them."};
    app.name("convert");
    app.require_subcommand(1);
    app.footer("convert COMMAND --help lists the options of a command.\nFormats: " +
               detail::any_file::list_formats([](const auto&) { return true; }));
    std::function<void(const Options&)> chosen;
    const auto command = [&](const char* name, const char* what, std::function<void(const Options&)> action,
                             std::initializer_list<std::pair<std::string*, const char*>> files) {
      CLI::App& its = *app.add_subcommand(name, what);
      for (const auto& [file, called] : files)
        its.add_option(called, *file, beside_name("File"))->option_text(" ")->required()->check(not_empty());
      const OptionGroup options(its, "Options");
      options.add_flag("--check", how.check,
                       "Run the test case that the file carries, and refuse it if it is wrong");
      options.add_with_default("--tolerance", how.tolerance, "E", "Largest difference that counts as equal")
          ->check(zero_or_above());
      add_torch_options(its, how);
      its.callback([&chosen, action = std::move(action)] { chosen = action; });
      return OptionGroup(its, "Options");
    };
    command("inspect", "Layers, parameters, sizes, what a stream keeps, cost of a step", inspect,
            {{&how.from, "FILE"}});
    const auto overwrite = [&](const OptionGroup& options) {
      options.add_flag("--overwrite", how.overwrite, "Replace a file that is there");
      return options;
    };
    const OptionGroup converts =
        command("convert",
                "Into the format that the ending of OUT says. For PyTorch it is .pt, with "
                "PyTorch's names. A .safetensors has recur's names and the architecture, unless --pytorch is "
                "given",
                convert, {{&how.from, "IN"}, {&how.to, "OUT"}});
    overwrite(converts);
    converts.add_flag("--pytorch", how.pytorch, "PyTorch's names, also in a .safetensors");
    add_onnx_options(converts.app(), how);
    const OptionGroup headers = overwrite(command("header", "Into a C++ header, for a program without files",
                                                  header, {{&how.from, "IN"}, {&how.to, "OUT.hpp"}}));
    headers.add("--name", how.name, "NAME", "Namespace of the network [the name of the file]");
    headers.add_with_default("--weights", how.weights, "FORM", "Weights: float32, or int8 for less memory")
        ->check(one_of({"float32", "int8"}));
    const OptionGroup checks = command("check", "Are its outputs as expected?", check, {{&how.from, "IN"}});
    checks
        .add(
            "--input", how.inputs, "X.csv",
            "A line for each step; without it, the test case that the file carries. A graph takes NAME=X.csv "
            "for each of its inputs")
        ->allow_extra_args(false);
    checks.add("--expected", how.expected, "Y.csv", "What it should give; of a graph, NAME=Y.csv")
        ->allow_extra_args(false);
    const OptionGroup runs =
        overwrite(command("run", "Run it on a sound or a table", run, {{&how.from, "IN"}}));
    for (const auto& [file, called] : {std::pair(&how.input, "X"), std::pair(&how.to, "Y")})
      runs.app().add_option(called, *file, beside_name("File"))->option_text(" ")->check(not_empty());
    runs.add("--input", how.inputs, "NAME=X.csv", "Of a graph, for each input instead of X")
        ->allow_extra_args(false);
    runs.add("--output", how.outputs, "NAME=Y.csv", "Of a graph, instead of Y")->allow_extra_args(false);
    try {
      if (!parse_words(app, count, words)) return 0;
    } catch (const CLI::RequiredError& error) {
      throw std::invalid_argument(
          app.get_subcommands().empty()
              ? (count > 1 ? detail::quote(words[1]) + " is not a command" : "no command was given") +
                    ": it must be inspect, convert, header, check or run"
              : detail::message(app.get_subcommands()[0]->get_name(), " needs more: ", error.what()));
    }
    chosen(how);
    return 0;
  });
}
