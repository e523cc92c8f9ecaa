// Words: texts to tokens and back. Nothing of files.
#pragma once

#include "recur/data/tokenizer.hpp"
#include "recur/data/vocabulary.hpp"
