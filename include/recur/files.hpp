// Files: labelled sentences and tables, weights, whole models and states, run logs. Needs nlohmann-json.
#pragma once

#include "recur/data/class_folder.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/io/checkpoint.hpp"
#include "recur/io/model_file.hpp"
#include "recur/io/network_file.hpp"
#include "recur/io/run_log.hpp"
#include "recur/io/state_file.hpp"
