// Output for users: aligned tables, and colours only on a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/duration.h"

namespace multiaz::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heads);
  // REQUIRES: as many cells as columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

enum class Colour { kPlain, kGreen, kYellow, kRed, kDim, kBold };
// The text in that colour when standard output is a terminal and NO_COLOR is not set.
std::string coloured(Colour colour, std::string_view text);
void allow_colours(bool yes);  // decided once, in main

// 83.4 becomes "1m23s".
std::string age_text(double seconds);

}  // namespace multiaz::cli
