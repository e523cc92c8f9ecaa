#include <recur/recur.hpp>

int main() {}
