// What the blocks of docs/on-a-microcontroller.md take for granted.
#include <recur/exchange/header_file.hpp>
#include <recur/train.hpp>
#include <vector>

#include "sensor.hpp"

namespace on_a_microcontroller {
using namespace recur;
using Model = decltype(ManyToMany{Sequential{Recurrent{Gru<float>{1, 8}}, Dense<float>{8, 1}},
                                  EachStep{SquaredError{}}});
extern Model model;
extern std::vector<Model::Example> unseen;
float read_sensor();
void use(float smooth);
}  // namespace on_a_microcontroller
