#include "lb/node_options.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/elb/read_document.h"

namespace multiaz::lb {

std::vector<agent::ExtraOption> NodeFlags::extra_options() {
  std::vector<agent::ExtraOption> out;
  const auto add = [&out](std::string name, std::string help, std::string* value) {
    agent::ExtraOption option;
    option.name = std::move(name);
    option.help = std::move(help);
    option.value = value;
    out.push_back(std::move(option));
  };
  add("target", "standalone: targets, ADDRESS:PORT[,ADDRESS:PORT...]", &target);
  add("config", "standalone: a document with target groups, listeners and rules (JSON)", &config);
  add("access-log", "append an access log to this file", &access_log);
  add("idle-timeout-ms", "idle time-out of clients and targets; 0 = the profile's", &idle_ms);
  add("health-path", "path of the health checks", &health_path);
  add("stickiness", "on or off: the cookie AWSALB", &stickiness);
  return out;
}

namespace {

Result<std::string> text_of_file(const std::string& path) {
  constexpr size_t kBytesMax = 1 << 20;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return Error(Code::kIo, "--config: " + path + ": " + std::strerror(errno));
  std::string text(kBytesMax, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) return Error(Code::kIo, "--config: " + path + " cannot be read");
  return text;
}

Result<elb::Document> document_of(const std::string& path, const agent::DaemonOptions& options,
                                  const NodeOptions& extra) {
  const auto text = text_of_file(path);
  if (!text) return text.error();
  elb::Defaults defaults = elb::defaults_for_profile(options.profile);
  defaults.web = node_config(options, extra).web;
  defaults.own_port = options.self.port;
  defaults.attributes = node_config(options, extra).attributes;
  elb::Reading reading = elb::read_document(*text, defaults);
  if (reading.mistakes.empty()) return std::move(reading.document);
  std::string all;
  for (const elb::Mistake& one : reading.mistakes) {
    all += (all.empty() ? "" : "\n") + path + ": " + elb::text_of({one});
  }
  return Error(Code::kInvalid, all);
}

}  // namespace

Result<NodeOptions> NodeFlags::interpret(const agent::DaemonOptions& options) const {
  NodeOptions out;
  out.access_log = access_log;
  const char* end = idle_ms.data() + idle_ms.size();
  const auto number = std::from_chars(idle_ms.data(), end, out.idle_ms);
  if (number.ec != std::errc() || number.ptr != end) {
    return Error(Code::kInvalid, "--idle-timeout-ms: a number of milliseconds is needed");
  }
  if (!options.bug.empty() && options.bug != "replay-post") {
    return Error(Code::kInvalid, "--bug: the load balancer knows replay-post only");
  }
  if (stickiness != "on" && stickiness != "off") {
    return Error(Code::kInvalid, "--stickiness: on or off, not \"" + stickiness + "\"");
  }
  out.stickiness = stickiness == "on";
  if (!health_path.starts_with('/')) {
    return Error(Code::kInvalid,
                 "--health-path: a path that begins with '/', not \"" + health_path + "\"");
  }
  out.health_path = health_path;
  if (!config.empty()) {
    auto document = document_of(config, options, out);
    if (!document) return document.error();
    out.document = std::move(*document);
  }
  std::string_view rest = target;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    if (item.empty()) continue;
    const auto address = rt::parse_address(item, 8080);
    if (!address) return Error(Code::kInvalid, "--target: " + address.error().detail);
    TargetSpec spec;
    spec.id = address->text();
    spec.zone = options.zone;
    spec.ip = address->ip;
    spec.port = address->port;
    out.targets.push_back(std::move(spec));
  }
  return out;
}

LbConfig node_config(const agent::DaemonOptions& options, const NodeOptions& extra) {
  LbConfig config = config_for_profile(options.profile);
  config.self = options.self;
  config.zone = options.zone;
  config.key_hex = options.key_hex;
  config.replay_any = options.bug == "replay-post";
  config.web.attributes.stickiness = extra.stickiness;
  config.web.health.path = extra.health_path;
  if (extra.idle_ms > 0) config.attributes.idle_timeout_ms = extra.idle_ms;
  return config;
}

Result<std::vector<std::unique_ptr<rt::Listener>>> open_listeners(
    const agent::DaemonOptions& options) {
  std::vector<std::unique_ptr<rt::Listener>> out;
  auto own = rt::Listener::bind(options.self);
  if (!own) return own.error();
  out.push_back(std::move(*own));
  for (const std::string_view name : {"shop", "shop_local"}) {
    const int fd = rt::inherited_listener(name);
    if (fd < 0) continue;
    auto endpoint = rt::Listener::adopt(fd);
    if (!endpoint) return Error(Code::kIo, std::string(name) + ": " + endpoint.error().detail);
    out.push_back(std::move(*endpoint));
  }
  return out;
}

}  // namespace multiaz::lb
