#include "compute.hpp"

Half wide() { return half(); }
