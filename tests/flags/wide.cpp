// The half of the program that is compiled for wider vectors.
#include "compute.hpp"

Half wide() { return half(); }
