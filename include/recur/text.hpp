// Words and characters: texts to tokens and back. It includes no files.
#pragma once

#include "recur/data/characters.hpp"
#include "recur/data/labels.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/data/word_shape.hpp"
#include "recur/data/words.hpp"
