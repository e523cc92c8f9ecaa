#pragma once

/// What one half of the program found with the flags that it is compiled with.
struct Half {
  int lanes;            // of a pack
  const void* address;  // of a function of recur
  double error;         // largest, of an LSTM's outputs, beside its equations in double
  double step_error;    // the same, of a stream
  double loss;          // after some training
};

Half plain();
Half wide();
