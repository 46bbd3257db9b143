#include "lb/node_options.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>

#include "base/elb/read_document.h"
#include "base/tls/files.h"

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
  add("retries", "on or off: ask another target when one fails", &retries);
  add("https-port", "port of HTTPS; 0 = none", &https_port);
  add("tls-cert", "certificates in PEM form, FILE[,FILE...]; by name, the first is the default",
      &tls_cert);
  add("tls-key", "their private keys, FILE[,FILE...]", &tls_key);
  add("tls-headers", "on or off: X-Amzn-Tls-Version and X-Amzn-Tls-Cipher-Suite", &tls_headers);
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
  if (retries != "on" && retries != "off") {
    return Error(Code::kInvalid, "--retries: on or off, not \"" + retries + "\"");
  }
  out.retries = retries == "on";
  if (!health_path.starts_with('/')) {
    return Error(Code::kInvalid,
                 "--health-path: a path that begins with '/', not \"" + health_path + "\"");
  }
  out.health_path = health_path;
  const Status tls = interpret_tls(options, out);
  if (!tls) return tls.error();
  if (!config.empty()) {
    auto document = document_of(config, options, out);
    if (!document) return document.error();
    out.document = std::move(*document);
  }
  const Status targets = interpret_targets(options, out);
  if (!targets) return targets.error();
  return out;
}

Status NodeFlags::interpret_tls(const agent::DaemonOptions& options, NodeOptions& out) const {
  const char* end = https_port.data() + https_port.size();
  const auto number = std::from_chars(https_port.data(), end, out.https_port);
  if (number.ec != std::errc() || number.ptr != end) {
    return Error(Code::kInvalid, "--https-port: a port from 1 to 65535, or 0 for no HTTPS, not \"" +
                                     https_port + "\"");
  }
  if (tls_headers != "on" && tls_headers != "off") {
    return Error(Code::kInvalid, "--tls-headers: on or off, not \"" + tls_headers + "\"");
  }
  out.tls_headers = tls_headers == "on";
  auto identities = tls::read_identities(tls_cert, tls_key);
  if (!identities) return identities.error();
  if (identities->empty()) identities = tls::identity_of_tier("lb");
  if (identities->empty()) {
    if (out.https_port == 0) return Status();
    return Error(Code::kInvalid, "--https-port: HTTPS needs --tls-cert and --tls-key");
  }
  auto context = tls::Context::server({std::move(*identities), {"http/1.1"}, options.key_hex});
  if (!context) return Error(Code::kInvalid, "--tls-cert: " + context.error().detail);
  out.tls = std::move(*context);
  return Status();
}

Status NodeFlags::interpret_targets(const agent::DaemonOptions& options, NodeOptions& out) const {
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
  return Status();
}

LbConfig node_config(const agent::DaemonOptions& options, const NodeOptions& extra) {
  LbConfig config = config_for_profile(options.profile);
  config.self = options.self;
  config.zone = options.zone;
  config.key_hex = options.key_hex;
  config.replay_any = options.bug == "replay-post";
  config.web.attributes.stickiness = extra.stickiness;
  config.retries = extra.retries;
  config.web.health.path = extra.health_path;
  if (extra.idle_ms > 0) config.attributes.idle_timeout_ms = extra.idle_ms;
  config.attributes.tls_headers = extra.tls_headers;
  return config;
}

namespace {

using ListenerList = std::vector<std::unique_ptr<rt::Listener>>;

Result<ListenerList> open_all(rt::Address self, std::initializer_list<std::string_view> endpoints) {
  ListenerList out;
  auto own = rt::Listener::bind(self);
  if (!own) return own.error();
  out.push_back(std::move(*own));
  for (const std::string_view name : endpoints) {
    const int fd = rt::inherited_listener(name);
    if (fd < 0) continue;
    auto endpoint = rt::Listener::adopt(fd);
    if (!endpoint) return Error(Code::kIo, std::string(name) + ": " + endpoint.error().detail);
    out.push_back(std::move(*endpoint));
  }
  return Result<ListenerList>(std::move(out));
}

}  // namespace

Result<Listeners> open_listeners(const agent::DaemonOptions& options, const NodeOptions& extra) {
  Listeners out;
  auto plain = open_all(options.self, {"shop", "shop_local"});
  if (!plain) return plain.error();
  out.plain = std::move(*plain);
  if (extra.https_port == 0) return Result<Listeners>(std::move(out));
  auto tls = open_all(rt::make_address(options.self.ip, extra.https_port),
                      {"shop_https", "shop_https_local"});
  if (!tls) return tls.error();
  out.tls = std::move(*tls);
  return Result<Listeners>(std::move(out));
}

}  // namespace multiaz::lb
