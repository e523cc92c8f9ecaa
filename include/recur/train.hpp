// Networks that learn: stream.hpp, losses, optimizers, fit, metrics of classes, the gradient check, batches,
// windows. The metrics of texts and of named spans need maps and take long to compile: include
// train/text_metrics.hpp or train/span_metrics.hpp for them.
#pragma once

#include "recur/data/batching.hpp"
#include "recur/data/long_text.hpp"
#include "recur/data/scaler.hpp"
#include "recur/data/series_features.hpp"
#include "recur/data/windows.hpp"
#include "recur/stream.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/crf.hpp"
#include "recur/train/ctc.hpp"
#include "recur/train/diagnosis.hpp"
#include "recur/train/dynamic_evaluation.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/forecast_metrics.hpp"
#include "recur/train/gradient_check.hpp"
#include "recur/train/gradient_flow.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/sequence_loss.hpp"
