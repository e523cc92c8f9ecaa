// One of two files that both include every header: linked, they show that no `inline` is missing.
#include "all.hpp"

int other();

int main() { return other(); }
