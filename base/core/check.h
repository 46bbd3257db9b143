// CHECK: impossible states stop the process, in release too. Never for conditions that the
// environment can cause (those are Result errors).
#pragma once

#include <string_view>

namespace multiaz {
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               std::string_view note = "");
}

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::multiaz::check_failed(__FILE__, __LINE__, #condition); \
  } while (0)

#define CHECK_NOTE(condition, note)                                    \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::multiaz::check_failed(__FILE__, __LINE__, #condition, (note)); \
  } while (0)
