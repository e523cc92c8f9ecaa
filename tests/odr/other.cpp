// The other of two files that both include every header.
#include "all.hpp"

int other();
int other() { return 0; }
