// The heaviest headers that most files include, parsed once per build (tools/precompiled.cmake).
// Only the standard library, JSON and, for unit tests, GoogleTest: what is here never changes while
// somebody works. It spares nobody an #include: tools/tidy.py asks each file for its own.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#ifdef MULTIAZ_PRECOMPILE_GTEST
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#endif
