#include "compute.hpp"

Half plain() { return half(); }
