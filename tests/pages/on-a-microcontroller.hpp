// What the blocks of docs/on-a-microcontroller.md take for granted.
#include "sensor.hpp"

namespace on_a_microcontroller {
float read_sensor();
void use(float smooth);
}  // namespace on_a_microcontroller
