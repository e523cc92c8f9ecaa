// What each half of a program with two sets of compiler flags hands to main().
#pragma once

/// The results of one half of the program, with its own compiler flags.
struct Half {
  int lanes;            // of a pack
  const void* address;  // of a function of recur
  double error;         // largest error of an LSTM's outputs against its equations in double
  double step_error;    // the same, of a stream
  double loss;          // after some training
};

Half plain();
Half wide();
