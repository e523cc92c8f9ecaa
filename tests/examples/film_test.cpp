// The example video: two balls that bounce in a box, and clips of a film.
#include "../../examples/film.hpp"

#include <numbers>
#include <vector>

#include "catch.hpp"

namespace film_test {

using film::Task;
using recur::Index;
using recur::MatrixX;

TEST_CASE("Two balls move from frame to frame and never leave the box", "[examples][video]") {
  Task task;
  task.reads = 60;
  task.ahead = 40;
  const double area = std::numbers::pi * 2.5 * 2.5;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const MatrixX<float> frames = film::balls(task, seed);
    REQUIRE(frames.rows() == 256);
    REQUIRE(frames.cols() == 100);
    CHECK(frames.minCoeff() == 0);
    CHECK(frames.maxCoeff() == 1);
    for (Index t = 0; t < frames.cols(); ++t) {
      // One ball that hides the other, up to two apart. A part outside of the box would be missing.
      const double light = static_cast<double>(frames.col(t).sum());
      REQUIRE(light > 0.94 * area);
      REQUIRE(light < 2.06 * area);
      if (t > 0) REQUIRE((frames.col(t) - frames.col(t - 1)).cwiseAbs().maxCoeff() > 0.2f);
    }
  }
  CHECK(film::balls(task, 1) == film::balls(task, 1));
  CHECK(film::balls(task, 1) != film::balls(task, 2));
}

TEST_CASE("A ball moves on in a line, and comes back from a wall", "[examples][video]") {
  // The mean place of the light is half of the way of both balls. Away from the walls its second difference is 0.
  Task task;
  task.height = task.width = 100;
  task.reads = 20;
  int straight = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const MatrixX<float> frames = film::balls(task, seed);
    std::vector<double> rows;
    for (Index t = 0; t < frames.cols(); ++t) {
      double sum = 0;
      for (Index i = 0; i < task.pixels(); ++i)
        sum += static_cast<double>(frames(i, t)) * static_cast<double>(i / task.width);
      rows.push_back(sum / static_cast<double>(frames.col(t).sum()));
    }
    for (std::size_t t = 1; t + 1 < rows.size(); ++t) {
      const double bend = rows[t + 1] - 2 * rows[t] + rows[t - 1];
      straight += std::abs(bend) < 0.1;
      CHECK(std::abs(bend) < 3.7);  // a ball turns round: at most twice 1.8 pixels
      ++all;
    }
  }
  CHECK(straight > 0.8 * all);
  CHECK(straight < all);
}

TEST_CASE("A clip of a film is read from its first frame on, and made without a film", "[examples][video]") {
  Task task;
  task.reads = 3;
  task.ahead = 2;
  const film::Model::Example made{&task, 9};
  CHECK(film::Model::length(made) == 5);
  const MatrixX<float> frames = film::balls(task, 9);
  CHECK(made.clip().input == frames.leftCols(3));
  CHECK(made.clip().target == frames.rightCols(2));

  task.height = 1;
  task.width = 2;
  task.film.height = 1;
  task.film.width = 2;
  task.film.values = Eigen::RowVectorXf::LinSpaced(20, 0, 19).reshaped(2, 10);
  const film::Model::Example cut{&task, 4};
  CHECK(cut.clip().input == Eigen::MatrixXf{{8, 10, 12}, {9, 11, 13}});
  CHECK(cut.clip().target == Eigen::MatrixXf{{14, 16}, {15, 17}});
}

}  // namespace film_test
