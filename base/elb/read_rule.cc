#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/elb/field_names.h"
#include "base/elb/pattern.h"
#include "base/elb/read_parts.h"
#include "base/elb/words.h"
#include "base/wire/http.h"

namespace multiaz::elb {

using nlohmann::json;

namespace {

constexpr size_t kValueMax = 128;
constexpr size_t kMethodMax = 40;
constexpr size_t kHeaderNameMax = 40;
constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

// The characters that the values of a field may have besides letters and digits; "" = any printable
// character.
std::string_view others_of(Field field) {
  if (field == Field::kHostHeader) return "-.*?";
  if (field == Field::kPathPattern) return "_-.$/~\"'@:+&%()!,;=*?";
  return "";
}

bool only_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    if (others.empty()) return c >= ' ' && c <= '~';
    return kLetters.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  });
}

void check_value(ReadContext& context, Field field, const std::string& place,
                 const std::string& value) {
  const std::string_view others = others_of(field);
  if (!only_of(value, others)) {
    context.wrong(place, "\"" + value + "\" has a character that is not allowed: letters, digits" +
                             (others.empty() ? " and printable characters are"
                                             : " and " + std::string(others) + " are"));
  }
  const auto method = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
  if (field == Field::kMethod &&
      (value.size() > kMethodMax || !std::ranges::all_of(value, method))) {
    context.wrong(place, "\"" + value + "\" is no method: up to 40 characters A-Z, '-' and '_'");
  }
}

void read_sources(ReadContext& context, const std::string& place, Condition& out) {
  for (const std::string& value : out.values) {
    const auto block = sg::parse_cidr(value);
    const bool whole = value.find('/') != std::string::npos;
    if (block && whole) {
      out.sources.push_back(*block);
    } else {
      context.wrong(place, "\"" + value + "\" is no IPv4 block such as 127.0.0.0/8");
    }
  }
}

void read_pairs(ReadContext& context, ObjectFields& fields, Condition& out) {
  fields.items("Values", [&](const json& item, const std::string& place) {
    ObjectFields pair(context, item, place);
    QueryPattern pattern;
    pair.text("Key", pattern.key, kValueMax);
    if (!pair.text("Value", pattern.value, kValueMax)) {
      context.wrong(place, "a value is needed: {\"Key\": .., \"Value\": ..}");
    }
    pair.finish();
    out.query.push_back(std::move(pattern));
  });
}

size_t count_of(const Condition& condition) {
  return std::max(condition.values.size(), condition.query.size());
}

size_t wildcards_of(const Condition& condition) {
  size_t count = 0;
  const bool patterns = condition.field != Field::kMethod && condition.field != Field::kSourceIp;
  for (const std::string& value : condition.values) count += patterns ? wildcards_in(value) : 0;
  for (const QueryPattern& pair : condition.query) {
    count += wildcards_in(pair.key, Escape::kBackslash);
    count += wildcards_in(pair.value, Escape::kBackslash);
  }
  return count;
}

bool may_repeat(Field field) {
  return field == Field::kHttpHeader || field == Field::kQueryString;
}

void check_quotas(ReadContext& context, const std::string& place, const Rule& rule) {
  size_t values = 0, wildcards = 0;
  for (size_t i = 0; i < rule.conditions.size(); ++i) {
    const Condition& one = rule.conditions[i];
    values += count_of(one);
    wildcards += wildcards_of(one);
    const auto same = [&](const Condition& other) { return other.field == one.field; };
    const auto rest = rule.conditions.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (!may_repeat(one.field) && std::any_of(rest, rule.conditions.end(), same)) {
      context.wrong(place,
                    "a rule has at most one condition of each field but http-header and "
                    "query-string");
    }
  }
  if (values > kValuesPerRuleMax) {
    context.wrong(place, "a rule has at most " + std::to_string(kValuesPerRuleMax) +
                             " values in its conditions, not " + std::to_string(values));
  }
  if (wildcards > kWildcardsPerRuleMax) {
    context.wrong(place, "a rule has at most " + std::to_string(kWildcardsPerRuleMax) +
                             " wildcards, not " + std::to_string(wildcards));
  }
}

void read_config(ReadContext& context, const FieldName& words, ObjectFields& fields,
                 Condition& out) {
  const json* config = fields.member(words.config);
  if (!config) {
    fields.wrong(words.config,
                 "a condition of the field " + std::string(words.name) + " needs this object");
    return;
  }
  ObjectFields inner(context, *config, fields.place_of(words.config));
  const std::string place = inner.place_of("Values");
  if (out.field == Field::kHttpHeader) {
    const bool named = inner.text("HttpHeaderName", out.header, kHeaderNameMax);
    if (!named || out.header.empty() || !only_of(out.header, "!#$%&'*+-.^_`|~")) {
      inner.wrong("HttpHeaderName", "the name of a header is needed");
    } else if (wire::http::same_text(out.header, "Host")) {
      inner.wrong("HttpHeaderName", "for Host there is the field host-header");
    }
  }
  if (out.field == Field::kQueryString) {
    read_pairs(context, inner, out);
  } else {
    out.values = inner.texts("Values", kValueMax);
    for (const std::string& value : out.values) check_value(context, out.field, place, value);
  }
  if (out.field == Field::kSourceIp) read_sources(context, place, out);
  if (count_of(out) == 0) context.wrong(place, "at least one value is needed");
  inner.finish();
}

}  // namespace

Condition read_condition(ReadContext& context, const json& from, const std::string& place) {
  ObjectFields fields(context, from, place);
  Condition out;
  std::string name;
  fields.text("Field", name, kValueMax);
  const auto words = std::ranges::find(kFieldNames, name, &FieldName::name);
  if (words == std::end(kFieldNames)) {
    fields.wrong("Field", "one of " + list_of(kFieldNames, &FieldName::name) +
                              " is needed, not \"" + name + "\"");
    return out;
  }
  out.field = words->field;
  read_config(context, *words, fields, out);
  fields.finish();
  return out;
}

Listener read_listener(ReadContext& context, const json& from, const std::string& place,
                       const Document& document) {
  ObjectFields fields(context, from, place);
  Listener out;
  int64_t port = 0;
  if (fields.number("Port", 1, 65'535, port)) out.port = static_cast<uint16_t>(port);
  need_http(fields, "Protocol");
  out.action = read_actions(context, fields, "DefaultActions", document);
  fields.finish();
  return out;
}

Rule read_rule(ReadContext& context, const json& from, const std::string& place,
               const Document& document) {
  ObjectFields fields(context, from, place);
  Rule out;
  int64_t priority = 0, port = 0;
  if (!fields.has("Priority")) fields.wrong("Priority", "a rule needs a priority from 1 to 50000");
  fields.number("Priority", 1, kPriorityMax, priority);
  out.priority = static_cast<int>(priority);
  if (fields.number("ListenerPort", 1, 65'535, port)) {
    out.listener_port = static_cast<uint16_t>(port);
  }
  fields.items("Conditions", [&](const json& item, const std::string& here) {
    out.conditions.push_back(read_condition(context, item, here));
  });
  if (out.conditions.empty()) {
    fields.wrong("Conditions",
                 "a rule needs a condition; without one, use the listener's "
                 "default actions");
  }
  check_quotas(context, place, out);
  out.action = read_actions(context, fields, "Actions", document);
  fields.finish();
  return out;
}

}  // namespace multiaz::elb
