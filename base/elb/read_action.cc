#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/elb/numbers.h"
#include "base/elb/read_parts.h"
#include "base/elb/words.h"

namespace multiaz::elb {

using nlohmann::json;

namespace {

constexpr size_t kNameMax = 32;
constexpr size_t kUrlPartMax = 128;
constexpr size_t kBodyMax = 1024;
constexpr std::string_view kContentTypes[] = {"text/plain", "text/css", "text/html",
                                              "application/javascript", "application/json"};

void add_group(ReadContext& context, const std::string& place, const Document& document,
               const std::string& name, unsigned weight, Forward& out) {
  if (!document.group(name)) {
    context.wrong(place, "there is no target group \"" + name + "\"; there are " +
                             list_of(document.groups, &TargetGroup::name));
    return;
  }
  if (std::ranges::find(out.groups, name, &WeightedGroup::name) != out.groups.end()) {
    context.wrong(place, "the target group \"" + name + "\" is there twice");
    return;
  }
  out.groups.push_back({name, weight});
}

void read_weights(ReadContext& context, const json& from, const std::string& place,
                  const Document& document, Forward& out) {
  ObjectFields fields(context, from, place);
  fields.items("TargetGroups", [&](const json& item, const std::string& here) {
    ObjectFields group(context, item, here);
    std::string name;
    int64_t weight = 1;
    group.text("TargetGroupName", name, kNameMax);
    group.number("Weight", 0, kWeightMax, weight);
    group.finish();
    add_group(context, here, document, name, static_cast<unsigned>(weight), out);
  });
  if (out.groups.size() > kGroupsPerActionMax) {
    fields.wrong("TargetGroups", "an action forwards to at most " +
                                     std::to_string(kGroupsPerActionMax) + " groups");
  }
  if (const json* sticky = fields.member("TargetGroupStickinessConfig")) {
    ObjectFields inner(context, *sticky, fields.place_of("TargetGroupStickinessConfig"));
    bool enabled = false;
    uint64_t duration_ms = 3'600'000;
    inner.flag("Enabled", enabled);
    inner.seconds("DurationSeconds", 1'000, 604'800'000, duration_ms);
    inner.finish();
    if (enabled) out.stickiness_ms = duration_ms;
  }
  fields.finish();
}

Action read_forward(ReadContext& context, ObjectFields& fields, const Document& document) {
  Forward out;
  std::string name;
  const bool one = fields.text("TargetGroupName", name, kNameMax);
  const json* config = fields.member("ForwardConfig");
  const std::string place = fields.place_of("ForwardConfig");
  if (config) read_weights(context, *config, place, document, out);
  if (one && config) context.wrong(place, "give either this or a target group's name");
  if (one && !config) {
    add_group(context, fields.place_of("TargetGroupName"), document, name, 1, out);
  }
  if (!one && (!config || out.groups.empty())) {
    fields.wrong("TargetGroupName", "a forward action needs a target group");
  }
  return out;
}

bool is_url_part(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

void check_redirect(ObjectFields& fields, const Redirect& action) {
  if (action.protocol != "#{protocol}" && action.protocol != "HTTP" && action.protocol != "HTTPS") {
    fields.wrong("Protocol", "HTTP, HTTPS or #{protocol} is needed");
  }
  if (action.port != "#{port}" && !whole_number(action.port, 1, 65'535)) {
    fields.wrong("Port", "a port from 1 to 65535 or #{port} is needed");
  }
  if (action.host.empty() || !is_url_part(action.host) ||
      action.host.find('/') != std::string::npos) {
    fields.wrong("Host", "a host is needed; #{host} is the request's");
  }
  if (!action.path.starts_with('/') || !is_url_part(action.path)) {
    fields.wrong("Path",
                 "a path that begins with '/' is needed; #{path} is the request's without "
                 "its first '/'");
  }
  if (action.query.starts_with('?') || !is_url_part(action.query)) {
    fields.wrong("Query", "a query without its '?' is needed; #{query} is the request's");
  }
  const Redirect same;
  if (action.protocol == same.protocol && action.host == same.host && action.port == same.port &&
      action.path == same.path) {
    fields.wrong("Path", "the redirect would lead to itself: change Protocol, Host, Port or Path");
  }
}

Action read_redirect(ReadContext& context, ObjectFields& fields) {
  Redirect out;
  const json* config = fields.member("RedirectConfig");
  if (!config) {
    fields.wrong("RedirectConfig", "a redirect action needs this object");
    return out;
  }
  ObjectFields inner(context, *config, fields.place_of("RedirectConfig"));
  inner.text("Protocol", out.protocol, kUrlPartMax);
  inner.text("Host", out.host, kUrlPartMax);
  if (inner.text("Path", out.path, kUrlPartMax) && out.path.empty()) out.path = "/";
  inner.text("Query", out.query, kUrlPartMax);
  if (const json* port = inner.member("Port")) out.port = scalar_text(*port);
  std::string status;
  inner.text("StatusCode", status, 16);
  if (status != "HTTP_301" && status != "HTTP_302") {
    inner.wrong("StatusCode", "HTTP_301 or HTTP_302 is needed");
  }
  out.status = status == "HTTP_301" ? 301 : 302;
  check_redirect(inner, out);
  inner.finish();
  return out;
}

Action read_fixed(ReadContext& context, ObjectFields& fields) {
  FixedResponse out;
  const json* config = fields.member("FixedResponseConfig");
  if (!config) {
    fields.wrong("FixedResponseConfig", "a fixed-response action needs this object");
    return out;
  }
  ObjectFields inner(context, *config, fields.place_of("FixedResponseConfig"));
  const json* status = inner.member("StatusCode");
  const std::string text = status ? scalar_text(*status) : "";
  const auto number = whole_number(text, 200, 599);
  const uint64_t kind = number.value_or(0) / 100;
  if (kind != 2 && kind != 4 && kind != 5) {
    inner.wrong("StatusCode", "a status of 2XX, 4XX or 5XX is needed, not \"" + text + "\"");
  }
  out.status = static_cast<int>(number.value_or(503));
  inner.text("MessageBody", out.body, kBodyMax);
  inner.text("ContentType", out.content_type, kUrlPartMax);
  if (std::ranges::find(kContentTypes, out.content_type) == std::end(kContentTypes)) {
    inner.wrong("ContentType", "one of " + list_of(kContentTypes) + " is needed");
  }
  inner.finish();
  return out;
}

Action read_action(ReadContext& context, const json& from, const std::string& place,
                   const Document& document) {
  ObjectFields fields(context, from, place);
  std::string type;
  fields.text("Type", type, kNameMax);
  int64_t order = 1;
  fields.number("Order", 1, kPriorityMax, order);
  Action out = Forward();
  if (type == "forward") {
    out = read_forward(context, fields, document);
  } else if (type == "redirect") {
    out = read_redirect(context, fields);
  } else if (type == "fixed-response") {
    out = read_fixed(context, fields);
  } else {
    fields.wrong("Type", "\"" + type + "\" is not built: forward, redirect or fixed-response");
    return out;
  }
  fields.finish();
  return out;
}

}  // namespace

Action read_actions(ReadContext& context, ObjectFields& fields, std::string_view key,
                    const Document& document) {
  Action out = Forward();
  size_t count = 0;
  fields.items(key, [&](const json& item, const std::string& place) {
    out = read_action(context, item, place, document);
    ++count;
  });
  if (count != 1) fields.wrong(key, "exactly one action is needed, not " + std::to_string(count));
  return out;
}

}  // namespace multiaz::elb
