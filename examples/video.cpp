// Next frames of a film: an encoder reads ten frames, and a forecaster writes the next ten and reads each that it
// wrote. Two balls bounce in a box of 16 x 16 pixels. Nobody tells the network of balls, speed or walls: it sees pixels.
//
//   video                 two balls, made here
//   video --data FOLDER   a film of its own: PGM images, in a folder or one after the other in a file
#include <iostream>
#include <limits>
#include <recur/io/model_file.hpp>
#include <recur/recur.hpp>

#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "common/weights.hpp"
#include "film.hpp"

using namespace recur;
using namespace examples;
using namespace film;

Model make(const Task& task, const std::string& cell, Index hidden) {
  const Index pixels = task.pixels();
  const Description reader = recurrent(cell, pixels, hidden);
  const auto& kinds = standard_kinds<float>();
  return Model({kinds.make(reader),
                kinds.make(Description("chain")
                               .around(reader)
                               .around(Description("dense", hidden, 256).with("activation", "relu"))
                               .around(Description("dense", 256, pixels).with("activation", "sigmoid"))),
                {}});
}

/// Frames side by side, with a dark column after each: the truth above, and below what the network knew and predicted.
MatrixX<float> strip(const Task& task, const Learner::Example& clip, const MatrixX<float>& said) {
  const Index high = task.height + 1, wide = task.width + 1, frames = task.reads + task.ahead;
  MatrixX<float> all = MatrixX<float>::Constant(2 * high - 1, wide * frames - 1, 0.25F);
  for (Index t = 0; t < frames; ++t)
    for (Index i = 0; i < task.height; ++i)
      for (Index j = 0; j < task.width; ++j) {
        const Index pixel = i * task.width + j, later = t - task.reads;
        all(i, t * wide + j) = later < 0 ? clip.input(pixel, t) : clip.target(pixel, later);
        all(high + i, t * wide + j) = later < 0 ? clip.input(pixel, t) : said(pixel, later);
      }
  return all;
}

/// A part of the strip in text: two rows of pixels in a line of half blocks, or their mean as a character.
std::string in_text(const MatrixX<float>& image) {
  const auto terminal = Terminal::standard_output();
  std::string text;
  for (Index i = 0; i < image.rows(); i += 2) {
    for (Index j = 0; j < image.cols(); ++j) {
      const float upper = image(i, j), lower = i + 1 < image.rows() ? image(i + 1, j) : 0.25F;
      const auto grey = [](float light) {
        return 232 + static_cast<int>(23.0F * std::clamp(light, 0.0F, 1.0F));
      };
      if (terminal.colour && terminal.unicode)
        text += text_of("\033[38;5;", grey(upper), ";48;5;", grey(lower), "m\u2580");
      else
        text += std::string_view(" .:-=+*#%@")[static_cast<std::size_t>(9.99F * (upper + lower) / 2)];
    }
    text += terminal.colour && terminal.unicode ? "\033[0m\n" : "\n";
  }
  return text;
}

/// The strip as a picture, and the frames one after the other, the truth at the left and the network at the right.
std::string picture(const Task& task, const MatrixX<float>& image) {
  const Index wide = task.width + 1, high = task.height + 1, frames = task.reads + task.ahead;
  const auto size = [](Index width, Index height) { return text_of("size ", width, ',', height); };
  const std::string panel = text_of("plot DATA matrix every ::(t*", wide, "):");
  const std::string made = plot(
      "video", "png",
      text_of("unset key; unset tics; unset border; unset colorbox; set palette gray; set cbrange [0:1]\n"
              "set margins 0,0,0,0; set yrange [*:*] reverse\n"
              "set terminal pngcairo ",
              size(4 * image.cols(), 4 * image.rows()),
              "; set output 'video.png'\n"
              "set arrow from ",
              task.reads * wide - 1, ",-0.5 rto 0,", image.rows(),
              " nohead front lw 3 lc rgb 'red'\nplot DATA matrix with image\n"
              "unset arrow; set terminal gif animate delay 15 loop 0 ",
              size(16 * wide, 8 * high), "; set output 'video.gif'\ndo for [i=0:", frames + 5,
              "] {\nt = i < ", frames, " ? i : ", frames - 1,
              "  # the last one stays for a second\nset border 31 lw 4 lc rgb 'black'\n"
              "set multiplot layout 1,2 margins 0.01,0.99,0.02,0.98 spacing 0.02\n",
              panel, "0:(t*", wide, '+', task.width - 1, "):", task.height - 1,
              " with image\nif (t >= ", task.reads, ") {set border 31 lw 4 lc rgb 'red'}\n", panel, high,
              ":(t*", wide, '+', task.width - 1, "):", image.rows() - 1, " with image\nunset multiplot\n}\n"),
      [&](std::ostream& data) {
        const Eigen::IOFormat csv(4, Eigen::DontAlignCols, ",", "\n");
        data << image.format(csv) << '\n';
      },
      {}, "gif");
  return made + (made.starts_with("Picture")
                     ? " Animation, the network's at the right, in red what it predicts: video.gif."
                     : "");
}

/// Some frames of the strip, as many as fit the terminal: the first and the last that were predicted, and some between.
void show(const Task& task, const MatrixX<float>& image) {
  const Index wide = task.width + 1, room = static_cast<Index>(text_columns()) / wide;
  if (room == 0) return;
  const Index shown = std::min(room, task.ahead);
  MatrixX<float> some(image.rows(), shown * wide - 1);
  std::string which;
  for (Index k = 0; k < shown; ++k) {
    const Index later = shown > 1 ? k * (task.ahead - 1) / (shown - 1) : task.ahead - 1;
    const Index columns = std::min(wide, some.cols() - k * wide);
    some.middleCols(k * wide, columns) =
        image.middleCols((task.reads + later) * wide, wide - 1 + (columns == wide));
    which += (k > 0 ? ", " : "") + std::to_string(later + 1);
  }
  write_text(
      text_of("\nA film that it never saw, ", which, " frames ahead; below, what the network predicted:"));
  std::cout << in_text(some);
}

int main(int count, char** words) {
  return run_program("video", [&] {
    Settings how{.cell = "gru", .epochs = 6, .clip = 1};
    Task task;
    std::string data;
    Index hidden = 192, clips = 20000;
    double rate = 3e-3;
    CommandLine line("video",
                     "What comes next in a film? Trains a network that reads some frames, and goes on\n"
                     "with its own.",
                     how);
    const OptionGroup source = line.group("Data"), network = line.group("Network");
    source
        .add("--data", data, "FOLDER|FILE",
             "Film in grey: PGM images in a folder, or one after the other in a file; without it, two balls")
        ->check(not_empty());
    source.add_with_default("--clips", clips, "N", "Clips of balls that it learns from")
        ->check(whole_number(1, 100000000));
    source.add_with_default("--reads", task.reads, "N", "Frames that it reads")
        ->check(whole_number(1, 10000));
    source.add_with_default("--ahead", task.ahead, "N", "Frames that it predicts")
        ->check(whole_number(1, 10000));
    network.add_with_default("--hidden", hidden, "N", "Units of the cell")->check(whole_number(1, 100000));
    line.of_network("--hidden", hidden);
    network.add_with_default("--rate", rate, "RATE", "Learning rate")->check(number_above_zero());
    line.footer(
        "\nExamples:\n  video --save balls.safetensors\n"
        "  mkdir frames\n"
        "  ffmpeg -i film.mp4 -vf scale=32:32,format=gray frames/%05d.pgm\n"
        "  video --data frames --epochs 20");
    if (!line.parse(count, words)) return 0;
    require(data.empty() || !line.is_given("--clips"), "--clips is for the balls: leave it out with --data");

    std::vector<Model::Example> training, chooses, unseen;  // some choose the best epoch
    const Index length = task.reads + task.ahead;
    const auto add = [&](auto& all, Index first, Index last, Index stride) {
      for (Index i = first; i < last; i += stride) all.push_back({&task, static_cast<std::uint64_t>(i)});
    };
    if (data.empty()) {
      if (how.is_short) clips = 200;
      // A seed has a thousand million clips. The second half of them is held out, from a model that is loaded too, however
      // many --clips it learned from.
      const Index first = static_cast<Index>(how.seed % 1000000) * 1000000000, held_out = first + 500000000;
      add(training, first, first + clips, 1);
      add(unseen, held_out, held_out + 500, 1);
      add(chooses, held_out + 500, held_out + 700, 1);
    } else {
      task.film = read_frames(data);
      task.height = task.film.height;
      task.width = task.film.width;
      const Index frames = task.film.size(), past = frames - frames / 5,
                  cut = past - std::max(past / 8, length);
      require(frames - past >= length, "a film of ", frames, " frames is too short for --reads ", task.reads,
              " and --ahead ", task.ahead, ": it must have ", 5 * length);
      add(training, 0, cut - length + 1, 1);
      add(chooses, cut, past - length + 1, 1 + (past - cut - length) / 200);
      add(unseen, past, frames - length + 1, 1 + (frames - past - length) / 500);
    }
    write_text(text_of(training.size(), " clips of ", task.height, " x ", task.width,
                       " pixels to learn from, ", chooses.size(), " to choose the best epoch, ",
                       unseen.size(), " others to measure on. It reads ", task.reads, " frames and predicts ",
                       task.ahead, '.'));
    Model model = make(task, how.cell, hidden);
    initialize(model, how.seed);
    const std::string frames = text_of("frames of ", task.height, " x ", task.width, " pixels");
    if (!how.load.empty()) load_for(frames, model, how.load);
    double seconds = 0;
    if (line.trains()) {
      Optimizer optimizer(model, Adam{.rate = rate});
      FitOptions options = fit_options(how);
      options.batch_size = 32;
      options.schedule = CosineDecay{.rate = rate, .over = options.epochs, .floor = rate / 50};
      seconds = how.note(train_and_save(
          options, how.save,
          [&](const FitOptions& watched) { return fit(model, optimizer, training, chooses, watched); },
          [&] { save_for(frames, model, how.save, line.metadata()); }));
    }

    VectorX<double> error = VectorX<double>::Zero(task.ahead), copied = error;
    for (const Model::Example& example : unseen) {
      const auto [input, target] = example.clip();
      error += (model.predict(input, task.ahead) - target).colwise().squaredNorm().transpose().cast<double>();
      copied +=
          (target.colwise() - input.rightCols<1>().col(0)).colwise().squaredNorm().transpose().cast<double>();
    }
    std::vector<std::vector<std::string>> rows{{"frames ahead", "network", "last frame", "part"}};
    const double all = static_cast<double>(unseen.size()) * static_cast<double>(task.pixels());
    const auto of_copying =
        [&](Index t) {  // not a number where the film stands still: nothing is as good as to copy
          return copied(t) > 0 ? error(t) / copied(t) : std::numeric_limits<double>::quiet_NaN();
        };
    for (Index t = 0; t < task.ahead; t += std::max<Index>(1, (task.ahead - 1) / 3))
      rows.push_back({std::to_string(t + 1), fixed(error(t) / all, 4), fixed(copied(t) / all, 4),
                      copied(t) > 0 ? fixed(of_copying(t), 2) : "-"});
    std::cout << '\n';
    write_table(rows);
    write_text("The mean squared error of a pixel: of the network, and if all stays as in the last frame.");
    const auto clip = unseen.front().clip();
    const MatrixX<float> image = strip(task, clip, model.predict(clip.input, task.ahead));
    show(task, image);
    std::cout << '\n';
    write_text(picture(task, image));
    write_figures(how, {{"next", of_copying(0)},
                        {"ten", task.ahead < 10 ? std::numeric_limits<double>::quiet_NaN() : of_copying(9)},
                        {"training", seconds}});
    return conclude(
        how, text_of("from pixels alone it learned ",
                     data.empty() ? "that things move on and bounce" : "what moves and how",
                     ". Where it is not sure, it paints the mean of what may come, so the picture blurs with "
                     "each frame ahead."));
  });
}
