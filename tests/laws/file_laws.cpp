// The law of a layer's weights in a file.
#include <sstream>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/io/safetensors.hpp"

namespace recur::testing {

void comes_back_from_a_file(Subject& subject, const Input& input) {
  INFO("law: saved and loaded it is the same");
  const Output output = subject.forward(input);
  std::ostringstream bytes;
  write_safetensors(bytes, subject.store());
  const auto loaded = subject.copy();
  draw_parameters(*loaded, 12);
  if (subject.parameters().size() > 0) CHECK_FALSE(same_bits(loaded->forward(input), output));
  loaded->take(parse_safetensors(bytes.str()));
  CHECK(loaded->parameters() == subject.parameters());
  CHECK(same_bits(loaded->forward(input), output));
}

}  // namespace recur::testing
