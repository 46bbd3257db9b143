// The headers that most files include, parsed once per build (tools/precompiled.cmake): the
// standard library, JSON, the few of ours that nearly every file includes (a change to one of them
// compiles everything again in any case) and, for unit tests, GoogleTest. A file still includes
// what it uses: tools/tidy.py asks each for its own.
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

#ifdef MULTIAZ_PRECOMPILE_OURS
#include "base/core/check.h"
#include "base/core/clock.h"
#include "base/core/result.h"
#endif

#ifdef MULTIAZ_PRECOMPILE_GTEST
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#endif

#ifdef MULTIAZ_PRECOMPILE_OURS
// The templates that most files use are instantiated here, once, instead of in each file.
namespace multiaz::precompiled {

template <typename Json>
inline void use_json(Json& json, std::string& text, std::vector<std::string>& list) {
  json["text"] = text;
  json["literal"] = "text";
  json["number"] = std::uint64_t{1};
  json["signed"] = std::int64_t{1};
  json["small"] = 1;
  json["real"] = 0.5;
  json["truth"] = true;
  json["list"] = list;
  json["copy"] = json;
  json = {{"text", text}, {"number", 1}};
  json.push_back(Json::object());
  text = json.template get<std::string>() + json.dump();
  text += std::to_string(json.template get<int>() + json.template get<std::int64_t>());
  if (json.template get<bool>() || json.template get<double>() > 0) json = Json::array();
  if (json.contains("text")) json = json.value("text", std::string());
  for (auto& [key, value] : json.items()) text += key + value.dump();
  for (Json& value : json) value = Json::parse(text, nullptr, false);
}

inline void use_containers(std::vector<std::string> list, std::map<std::string, std::string> map,
                           std::set<std::string> set, std::deque<std::string> queue,
                           std::optional<std::string> maybe) {
  list.push_back(*maybe);
  list.emplace_back("text");
  list.insert(list.end(), queue.begin(), queue.end());
  std::sort(list.begin(), list.end());
  list.erase(std::find(list.begin(), list.end(), "text"));
  map[list.front()] = list.back();
  map.emplace("text", *maybe);
  for (const auto& [key, value] : map) set.insert(key + value);
  if (map.contains("text") || set.contains("text")) map.erase(map.find("text"));
  queue.push_back(map.at("text"));
  queue.pop_front();
  maybe = queue.empty() ? std::nullopt : std::optional(queue.front());
  std::function<void()> function = [list] {};
  auto owner = std::make_unique<std::map<std::string, std::string>>(map);
  auto shared = std::make_shared<std::string>(*maybe);
  function();
  map = *owner;
  list = {*shared};
}

inline void use_all(nlohmann::json& json, nlohmann::ordered_json& ordered) {
  std::vector<std::string> list;
  std::string text;
  use_json(json, text, list);
  use_json(ordered, text, list);
  use_containers(list, {}, {}, {}, text);
  Result<std::string> result(text);
  if (result.ok()) result = Error(Code::kInvalid, *result);
}

}  // namespace multiaz::precompiled
#endif
