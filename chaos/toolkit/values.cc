#include "chaos/toolkit/values.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

using Doc = nlohmann::ordered_json;

constexpr std::string_view kEnvKeys[] = {"type", "key", "default", "env_var_type"};

bool name_letter(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9');
}

// The end of the name that begins there; `from` itself when none does.
size_t name_end(const std::string& text, size_t from) {
  size_t at = from;
  while (at < text.size() && name_letter(text[at], at == from)) ++at;
  return at;
}

// Converts a variable of the environment to the type that "env_var_type" names.
Result<Doc> typed(const std::string& text, const std::string& type) {
  if (type.empty() || type == "str" || type == "string") return Doc(text);
  const char* end = text.data() + text.size();
  if (type == "int" || type == "integer") {
    int64_t number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return Doc(number);
  } else if (type == "float" || type == "number") {
    double number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return Doc(number);
  } else if (type == "bool" || type == "boolean") {
    std::string low = text;
    std::transform(low.begin(), low.end(), low.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return Doc(low == "true" || low == "1" || low == "yes");
  } else if (type == "json") {
    return jsonio::parse<Doc>(text);
  } else {
    return Error(Code::kInvalid,
                 "the types are str, int, float, bool and json, not \"" + type + "\"");
  }
  return Error(Code::kInvalid, "\"" + text + "\" is no " + type);
}

std::string shown(const JsonText& text) {
  const auto value = jsonio::parse<Doc>(text);
  return value && value->is_string() ? jsonio::text_or_empty(*value) : text;
}

}  // namespace

void ExperimentValues::take_configuration(const Doc& values) {
  for (const auto& [name, value] : values.items()) take("configuration." + name, name, value);
}

void ExperimentValues::take_secrets(const Doc& values) {
  for (const auto& [target, inner] : values.items()) {
    if (!inner.is_object()) {
      problems_.add("secrets." + target, "an object of names and values is needed here");
      continue;
    }
    for (const auto& [name, value] : inner.items()) {
      take("secrets." + target + "." + name, name, value);
    }
  }
}

void ExperimentValues::take(const std::string& where, const std::string& name, const Doc& value) {
  const Doc* type = jsonio::find(value, "type");
  const std::string kind = type ? jsonio::text_or_empty(*type) : "";
  if (kind == "env") return from_environment(where, name, value);
  if (kind == "probe" || kind == "vault") {
    return problems_.add(where + ".type",
                         "\"" + kind + "\" is not carried out here: give a value, or \"env\"");
  }
  values_.emplace(name, jsonio::dump(value));  // the configuration has precedence over secrets
}

void ExperimentValues::from_environment(const std::string& where, const std::string& name,
                                        const Doc& value) {
  for (const auto& [key, ignored] : value.items()) {
    problems_.check_key(where + ".", key, kEnvKeys);
  }
  const auto key = jsonio::text(value, "key");
  const auto type = jsonio::text(value, "env_var_type", "");
  if (!key || !type) {
    return problems_.add(where, (key ? type.error() : key.error()).detail);
  }
  const auto found = environment_(*key);
  if (!found) {
    const Doc* fallback = jsonio::find(value, "default");
    if (fallback) {
      values_.emplace(name, jsonio::dump(*fallback));
    } else {
      problems_.add(where, "the environment has no " + *key + ", and no default");
    }
    return;
  }
  const auto made = typed(*found, *type);
  if (!made) return problems_.add(where, made.error().detail);
  values_.emplace(name, jsonio::dump(*made));
}

std::string ExperimentValues::filled_in(const std::string& text) const {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t dollar = std::min(text.find('$', at), text.size());
    out += text.substr(at, dollar - at);
    at = dollar;
    if (at == text.size()) break;
    const bool brace = at + 1 < text.size() && text[at + 1] == '{';
    const size_t from = at + (brace ? 2 : 1), end = name_end(text, from);
    const bool closed = !brace || (end < text.size() && text[end] == '}');
    const auto known = values_.find(text.substr(from, end - from));
    if (end > from && closed && known != values_.end()) {
      out += shown(known->second);
      at = end + (brace ? 1 : 0);
    } else {
      out += '$';
      at += at + 1 < text.size() && text[at + 1] == '$' ? 2 : 1;
    }
    if (out.size() > kExperimentBytesMax) break;  // many long values could fill the memory
  }
  return out;
}

void ExperimentValues::substitute(Doc& value) const {
  if (values_.empty()) return;
  if (value.is_structured()) {
    for (Doc& one : value) substitute(one);
    return;
  }
  if (!value.is_string()) return;
  const std::string text = jsonio::text_or_empty(value);
  if (text.starts_with("${") && name_end(text, 2) + 1 == text.size() && text.ends_with('}')) {
    const auto known = values_.find(text.substr(2, text.size() - 3));
    if (known == values_.end()) return;
    auto typed = jsonio::parse<Doc>(known->second);
    if (typed) value = std::move(*typed);
    return;
  }
  value = filled_in(text);
}

}  // namespace multiaz::chaos
