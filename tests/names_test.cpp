// A user's own names and the names of Eigen and recur are used in one file. The main test is that it compiles.
// The user's names are in the global namespace, because there the directives also let recur's names be found. So
// CMake does not put this file together with others.
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/recur.hpp"

using namespace Eigen;
using namespace recur;
using namespace std;

// Names of a user's program.
namespace file {
string name() { return "file"; }
}  // namespace file
namespace tokenizer {
string name() { return "tokenizer"; }
}  // namespace tokenizer
namespace utf8 {
string name() { return "utf8"; }
}  // namespace utf8
namespace arrays {
string name() { return "arrays"; }
}  // namespace arrays

struct Part {
  int number;
};
struct Character {
  char letter;
};
struct Writer {
  string ink;
};

string join(const vector<string>& words) { return accumulate(words.begin(), words.end(), string()); }
string message(const string& text) { return "message " + text; }
string quote(const string& text) { return "'" + text + "'"; }
string trim(const string& text) { return text.substr(0, 1); }
string printable(const string& text) { return text; }
string describe(const Part& part) { return to_string(part.number); }
string read_file(const string& name) { return "content of " + name; }
size_t count_lines(const string& text) { return text.size(); }
int refuse(int number) { return -number; }
double sum(const vector<double>& numbers) { return accumulate(numbers.begin(), numbers.end(), 0.0); }

TEST_CASE("A user's own names don't clash with the names of recur, Eigen and the standard library",
          "[names]") {
  CHECK(file::name() + tokenizer::name() + utf8::name() + arrays::name() == "filetokenizerutf8arrays");
  CHECK(join(vector<string>{"a", "b"}) == "ab");
  CHECK(message("text") == "message text");
  CHECK(quote("a") + trim("bc") + printable("d") == "'a'bd");
  CHECK(describe(Part{3}) == "3");
  CHECK(Character{'c'}.letter == 'c');
  CHECK(Writer{"blue"}.ink == "blue");
  CHECK(read_file("a") == "content of a");
  CHECK(count_lines("ab") == 2);
  CHECK(refuse(2) == -2);
  CHECK(sum({1, 2}) == 3);
}

TEST_CASE("The two names that Eigen has too are those of recur behind a using-declaration", "[names]") {
  using recur::Dense, recur::Sequential;
  const Sequential net{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 1}};
  CHECK(net.output_size() == 1);
}

TEST_CASE("Names that Eigen and recur share mean the same", "[names]") {
  const Index size = Dynamic;
  CHECK(size == recur::Dynamic);
  const MatrixX<float> matrix(2, 1);
  const VectorX<float> vector(2);
  CHECK(matrix.rows() == vector.rows());
  MatrixXf x = MatrixXf::Ones(2, 1);
  Recurrent layer{Lstm<float>{2, 3}};
  initialize(layer, 1);
  auto stream = layer.stream();
  CHECK(layer.step(x.col(0), stream).size() == 3);
  Map<MatrixXf> view(x.data(), 1, 2);
  CHECK(view.sum() == 2);
}
