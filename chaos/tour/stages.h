// The architectures of the tour, in order: one table. What each is started from is
// examples/stages/NAME.toml, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace multiaz::chaos {

struct Stage {
  std::string_view name;         // "stickiness"
  std::string_view file;         // "2-stickiness.toml"
  std::string_view title;        // one line
  std::string_view why;          // two sentences about what the numbers show
  std::string_view ask;          // what a class may predict before the faults strike
  bool accounts;                 // shoppers log in and order
  std::string_view beside = "";  // a file: the same in one zone, under the same zone loss
};
std::span<const Stage> tour_stages();
const Stage* find_stage(std::string_view name);  // null: none

// The text of that file.
std::string_view stage_toml(const Stage& stage);

}  // namespace multiaz::chaos
