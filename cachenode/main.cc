// cachenode: one node of the cache tier. See README.md.
#include <cstdlib>
#include <memory>

#include "base/agent/options.h"
#include "base/core/descriptors.h"
#include "base/rt/loop.h"
#include "base/tls/files.h"
#include "cachenode/commands/call.h"
#include "cachenode/node.h"

namespace {

using namespace multiaz;

constexpr uint16_t kPort = 6379;

struct Texts {
  std::string maxmemory_mb = "256", durability = "os", clients_max = "10000", idle_timeout_s = "0";
  std::string tls = "off", tls_cert, tls_key;
};

Result<uint64_t> number(std::string_view option, const std::string& text) {
  const auto value = cachenode::parse_integer(text);
  if (value && *value >= 0) return static_cast<uint64_t>(*value);
  return Error(Code::kInvalid, std::string(option) + ": " + text + " is not a whole number");
}

Status set_tls(const Texts& texts, const std::string& ticket_secret,
               cachenode::Settings& settings) {
  if (texts.tls != "on" && texts.tls != "off") {
    return Error(Code::kInvalid, "--tls: on or off, not \"" + texts.tls + "\"");
  }
  if (texts.tls == "off") return Status();
  auto identities = tls::read_identities(texts.tls_cert, texts.tls_key);
  if (!identities) return identities.error();
  if (identities->empty()) identities = tls::identity_of_tier("cache");
  if (identities->empty()) {
    return Error(Code::kInvalid, "--tls: TLS needs --tls-cert and --tls-key");
  }
  auto context = tls::Context::server({std::move(*identities), {}, ticket_secret});
  if (!context) return Error(Code::kInvalid, "--tls-cert: " + context.error().detail);
  settings.tls = std::move(*context);
  return Status();
}

Status interpret(const Texts& texts, cachenode::NodeOptions& options) {
  const auto maxmemory_mb = number("--maxmemory-mb", texts.maxmemory_mb);
  if (!maxmemory_mb) return maxmemory_mb.error();
  const auto clients_max = number("--clients-max", texts.clients_max);
  if (!clients_max) return clients_max.error();
  const auto idle_timeout_s = number("--idle-timeout-s", texts.idle_timeout_s);
  if (!idle_timeout_s) return idle_timeout_s.error();
  const auto durability = replication::durability_from(texts.durability);
  if (!durability) {
    return Error(Code::kInvalid,
                 "--durability: " + texts.durability + " is none of memory, os, disk, async");
  }
  const auto bug = replication::bug_from(options.daemon.bug.empty() ? "none" : options.daemon.bug);
  if (!bug) return Error(Code::kInvalid, "--bug: unknown name " + options.daemon.bug);
  options.durability = *durability;
  options.bug = *bug;
  cachenode::Settings& settings = options.settings;
  settings.id = options.daemon.id;
  settings.zone = options.daemon.zone;
  settings.cluster = options.daemon.cluster;
  const char* password = std::getenv("MULTIAZ_CACHE_PASSWORD");
  settings.password = password ? password : "";
  settings.maxmemory_bytes = *maxmemory_mb << 20;
  settings.clients_max = clients_within(*clients_max);
  settings.idle_timeout_s = *idle_timeout_s;
  return set_tls(texts, options.daemon.key_hex, settings);
}

rt::Task<int> serve(cachenode::NodeOptions options) {
  const agent::DaemonOptions daemon = options.daemon;
  cachenode::Node node(std::move(options));
  const Status opened = node.open();
  if (!opened) co_return agent::bad_start(daemon, opened.error());
  const int code = co_await node.run();
  if (code != 0) agent::end_failed();
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Texts texts;
  std::vector<agent::ExtraOption> extra = {
      {"maxmemory-mb", "memory for data, in MiB; 0 = no bound", &texts.maxmemory_mb},
      {"durability", "memory, os, disk or async", &texts.durability},
      {"clients-max", "connections at a time", &texts.clients_max},
      {"idle-timeout-s", "idle connections are closed after; 0 = never", &texts.idle_timeout_s},
      {"tls", "on: every client must speak TLS", &texts.tls},
      {"tls-cert", "certificates in PEM form, FILE[,FILE...]; by name, the first is the default",
       &texts.tls_cert},
      {"tls-key", "their private keys, FILE[,FILE...]", &texts.tls_key},
  };
  agent::ParsedOptions parsed = agent::parse_options(argc, argv, "cache", kPort, std::move(extra));
  if (parsed.exit_code) return *parsed.exit_code;
  cachenode::NodeOptions options;
  options.daemon = parsed.options;
  const Status good = interpret(texts, options);
  if (!good) return agent::bad_start(parsed.options, good.error());
  return rt::run(serve(std::move(options)));
}
