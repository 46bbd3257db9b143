#include "chaos/toolkit/activities.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/wire/http.h"
#include "base/wire/url.h"

namespace multiaz::chaos {

namespace {

using Doc = nlohmann::ordered_json;

constexpr std::string_view kActivityKeys[] = {"type",    "name",          "provider", "tolerance",
                                              "pauses",  "background",    "controls", "ref",
                                              "secrets", "configuration", "tags"};
constexpr std::string_view kPauseKeys[] = {"before", "after"};
constexpr std::string_view kProcessKeys[] = {"type", "path", "arguments", "timeout", "secrets"};
constexpr std::string_view kHttpKeys[] = {"type",       "url",        "method",          "headers",
                                          "timeout",    "arguments",  "expected_status", "secrets",
                                          "verify_tls", "max_retries"};

// Chaos Toolkit fills values in for these keys only; any other is taken as it is written.
constexpr const char* kFilledInProvider[] = {"url", "headers", "arguments"};
constexpr const char* kFilledInTolerance[] = {"pattern", "path"};

void fill_in(Doc& json, const char* key, std::span<const char* const> within,
             const ExperimentValues& values) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return;
  for (const char* name : within) {
    const auto part = found->find(name);
    if (part != found->end()) values.substitute(*part);
  }
}

bool empty_or_absent(const Doc& json, const char* key) {
  const Doc* found = jsonio::find(json, key);
  return found == nullptr || (found->is_structured() && found->empty());
}

}  // namespace

void check_keys(const Doc& json, const std::string& where,
                std::span<const std::string_view> allowed, Problems& problems) {
  for (const auto& [key, value] : json.items()) {
    if (!key.starts_with("x-")) problems.check_key(where, key, allowed);
  }
}

void ActivityReader::read_list(Doc& parent, const char* key, const std::string& where,
                               std::vector<Activity>& into) {
  const auto list = parent.find(key);
  if (list == parent.end() || list->is_null()) return;
  if (!list->is_array()) return problems_.add(where, "a list is needed here");
  if (list->size() > kActivitiesMax) {
    return problems_.add(where, "at most " + std::to_string(kActivitiesMax) + " of them");
  }
  size_t number = 0;
  for (Doc& json : *list) {
    const std::string place = where + "[" + std::to_string(number++) + "]";
    if (!json.is_object()) {
      problems_.add(place, "an object is needed here");
      continue;
    }
    const Doc* named = &json;
    if (json.contains("ref")) {
      const std::string name = word(json, "ref", place + ".");
      named = find_named(name);
      if (named == nullptr) {
        problems_.add(place + ".ref", "there is no activity \"" + name + "\"");
        continue;
      }
    }
    Doc filled = *named;
    fill_in(filled, "provider", kFilledInProvider, values_);
    fill_in(filled, "tolerance", kFilledInTolerance, values_);
    if (named == &json) json = filled;
    one(std::move(filled), place, into);
  }
}

const Doc* ActivityReader::find_named(const std::string& name) const {
  const auto look_in = [&](const Doc* parent, const char* key) -> const Doc* {
    const auto list = parent ? jsonio::array(*parent, key) : Result<const Doc*>(&doc_);
    if (!list || !(*list)->is_array()) return nullptr;
    for (const Doc& one : **list) {
      const Doc* called = jsonio::find(one, "name");
      if (called && jsonio::text_or_empty(*called) == name && !one.contains("ref")) return &one;
    }
    return nullptr;
  };
  const Doc* hypothesis = jsonio::find(doc_, "steady-state-hypothesis");
  if (const Doc* found = look_in(hypothesis, "probes")) return found;
  if (const Doc* found = look_in(&doc_, "method")) return found;
  return look_in(&doc_, "rollbacks");
}

std::string ActivityReader::word(const Doc& json, const char* key, const std::string& where) {
  const auto found = jsonio::text(json, key, "");
  if (!found) problems_.add(where + key, "a text is needed here");
  return found ? *found : "";
}

double ActivityReader::seconds(const Doc& json, const char* key, const std::string& where) {
  const auto found = jsonio::number(json, key, 0);
  if (found && *found >= 0 && *found <= kToolkitSecondsMax) return *found;
  problems_.add(where + key, "seconds, from 0 to 86400");
  return 0;
}

void ActivityReader::one(Doc json, const std::string& place, std::vector<Activity>& into) {
  check_keys(json, place + ".", kActivityKeys, problems_);
  Activity out;
  out.type = word(json, "type", place + ".");
  out.name = word(json, "name", place + ".");
  if (out.type != "probe" && out.type != "action") {
    problems_.add(place + ".type", "probe or action");
  }
  if (out.name.empty()) problems_.add(place + ".name", "is needed");
  if (!empty_or_absent(json, "controls")) {
    problems_.add(place + ".controls", "not carried out here: take it out");
  }
  const auto background = jsonio::flag(json, "background", false);
  if (!background) problems_.add(place + ".background", "true or false");
  out.background = background && *background;
  const auto pauses = jsonio::object(json, "pauses");
  if (pauses) {
    check_keys(**pauses, place + ".pauses.", kPauseKeys, problems_);
    out.pause_before_s = seconds(**pauses, "before", place + ".pauses.");
    out.pause_after_s = seconds(**pauses, "after", place + ".pauses.");
  } else {
    problems_.add(place + ".pauses", "an object with \"before\" and \"after\"");
  }
  if (json.contains("tolerance")) {
    out.tolerance = jsonio::dump(json["tolerance"]);
    const Status good = check_tolerance(out.tolerance);
    if (!good) problems_.add(place, good.error().detail);
  }
  const auto provider = jsonio::object(json, "provider");
  if (!provider) return problems_.add(place + ".provider", "an object is needed here");
  out.provider = word(**provider, "type", place + ".provider.");
  if (out.provider == "process") {
    process(**provider, place + ".provider.", out);
  } else if (out.provider == "http") {
    http(**provider, place + ".provider.", out);
  } else {
    problems_.add(place + ".provider.type",
                  out.provider == "python"
                      ? "python providers are not carried out here: use process or http"
                      : "process or http");
  }
  into.push_back(std::move(out));
}

std::string ActivityReader::plain(const Doc& value, const std::string& where) {
  if (value.is_string()) return jsonio::text_or_empty(value);
  if (value.is_boolean()) return value == true ? "True" : "False";
  if (value.is_number()) return jsonio::dump(value);
  problems_.add(where, "a text, a number or true or false is needed here");
  return "";
}

void ActivityReader::process(const Doc& provider, const std::string& place, Activity& out) {
  check_keys(provider, place, kProcessKeys, problems_);
  out.path = word(provider, "path", place);
  if (out.path.empty()) problems_.add(place + "path", "is needed");
  out.timeout_s = seconds(provider, "timeout", place);
  const Doc* given = jsonio::find(provider, "arguments");
  if (given == nullptr) return;
  // None and "" are left out, as Chaos Toolkit does.
  const auto add = [&](const Doc& value) {
    std::string text = value.is_null() ? "" : plain(value, place + "arguments");
    if (!text.empty()) out.arguments.push_back(std::move(text));
  };
  if (given->is_string()) {
    out.shell = true;
    out.arguments.push_back(jsonio::text_or_empty(*given));
  } else if (given->is_array()) {
    for (const Doc& one : *given) add(one);
  } else if (given->is_object()) {
    for (const auto& [key, value] : given->items()) {
      if (!key.empty()) out.arguments.push_back(key);
      add(value);
    }
  } else {
    problems_.add(place + "arguments", "a text, a list or an object is needed here");
  }
}

void ActivityReader::http(const Doc& provider, const std::string& place, Activity& out) {
  check_keys(provider, place, kHttpKeys, problems_);
  out.url = word(provider, "url", place);
  if (!out.url.starts_with("http://")) problems_.add(place + "url", "http://... is needed");
  const std::string method = word(provider, "method", place);
  if (!method.empty()) out.method = method;
  std::transform(out.method.begin(), out.method.end(), out.method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (!wire::http::is_token(out.method)) problems_.add(place + "method", "this is none of HTTP");
  const auto expected = jsonio::integer(provider, "expected_status", 0, 999, 0);
  if (!expected) problems_.add(place, expected.error().detail);
  out.expected_status = expected ? static_cast<uint64_t>(*expected) : 0;
  const Doc* timeout = jsonio::find(provider, "timeout");
  if (timeout && timeout->is_array()) {  // two times: to connect, and to read
    for (const Doc& one : *timeout) {
      out.timeout_s += seconds(Doc::object({{"timeout", one}}), "timeout", place);
    }
  } else {
    out.timeout_s = seconds(provider, "timeout", place);
  }
  const auto headers = jsonio::object(provider, "headers");
  if (!headers) return problems_.add(place + "headers", "an object of texts is needed here");
  for (const auto& [key, value] : (*headers)->items()) {
    if (!wire::http::is_token(key)) {
      problems_.add(place + "headers", "no header has this name: " + key);
    }
    out.headers.emplace_back(key, plain(value, place + "headers." + key));
  }
  const Doc* retries = jsonio::find(provider, "max_retries");
  if (retries && *retries != 0) {
    problems_.add(place + "max_retries", "not carried out here: take it out");
  }
  const Doc* given = jsonio::find(provider, "arguments");
  if (given) http_arguments(*given, place, out);
}

// The query of a GET; otherwise the body, as a form unless its header says that it is JSON.
void ActivityReader::http_arguments(const Doc& given, const std::string& place, Activity& out) {
  const bool json = std::ranges::any_of(out.headers, [](const auto& header) {
    return header.first == "Content-Type" && header.second == "application/json";
  });
  std::string text;
  if (out.method != "GET" && json) {
    text = jsonio::dump(given);
  } else if (given.is_string()) {
    text = jsonio::text_or_empty(given);
  } else if (given.is_object()) {
    for (const auto& [key, value] : given.items()) {
      if (value.is_null()) continue;
      for (const Doc& one : value.is_array() ? value : Doc::array({value})) {
        text += (text.empty() ? "" : "&") + wire::percent_encode(key) + "=" +
                wire::percent_encode(plain(one, place + "arguments." + key));
      }
    }
    if (out.method != "GET") {
      out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    }
  } else {
    return problems_.add(place + "arguments", "an object or a text is needed here");
  }
  if (out.method != "GET") {
    out.body = std::move(text);
  } else if (!text.empty()) {
    out.url += (out.url.find('?') == std::string::npos ? "?" : "&") + text;
  }
}

}  // namespace multiaz::chaos
