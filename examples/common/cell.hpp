// The recurrent cells that a user can choose by name.
#pragma once

#include <array>
#include <recur/core/description.hpp>
#include <recur/core/utf8.hpp>
#include <string>
#include <string_view>

namespace examples {

inline constexpr std::array<std::string_view, 4> cells{"rnn-tanh", "rnn-relu", "lstm", "gru"};

/// The layer with this cell. Throws std::invalid_argument for a cell that is not in the list.
inline recur::Description recurrent(const std::string& cell, recur::Index inputs, recur::Index hidden) {
  if (cell == "rnn-tanh") return {"elman", inputs, hidden};
  if (cell == "rnn-relu") return recur::Description("elman", inputs, hidden).with("activation", "relu");
  if (cell == "lstm" || cell == "gru") return {cell, inputs, hidden};
  recur::detail::refuse(
      {"the cell ", recur::detail::quote(cell), " is not known: legal are rnn-tanh, rnn-relu, lstm and gru"});
}

}  // namespace examples
