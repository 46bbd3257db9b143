// The words of `dns`: each becomes one order to the API.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "cli/options_parts.h"
#include "cli/table.h"

namespace multiaz::cli {

namespace {

using Body = nlohmann::ordered_json;

struct RecordWords {
  std::string name, type = "A", alias, policy = "simple", set_identifier, failover, zone, check;
  std::string path = "/", address, kind = "HTTP", interval;
  std::vector<std::string> values;
  std::optional<int64_t> ttl, weight, threshold;
  uint16_t port = 80;
  bool inverted = false;
};
using RecordWordsPtr = std::shared_ptr<RecordWords>;

void dns_order(Options& o, const Body& body) {
  o.verb = "order";
  o.route = "/v1/dns";
  o.body = jsonio::dump(body);
}

// "shop2" stands for shop2.multiaz.test.
std::string full_name(const std::string& name) {
  constexpr std::string_view kOrigin = "multiaz.test";
  std::string out = name;
  if (!out.empty() && out.back() == '.') out.pop_back();
  if (out == kOrigin || out.ends_with("." + std::string(kOrigin))) return out;
  return out + "." + std::string(kOrigin);
}

void add_set(CLI::App* dns, Options& o) {
  const auto w = std::make_shared<RecordWords>();
  CLI::App* sub = dns->add_subcommand("set", "add or change a record set");
  sub->add_option("NAME", w->name, "name, with or without .multiaz.test")->required();
  sub->add_option("TYPE", w->type, "A, AAAA, CNAME, TXT or NS")->required();
  sub->add_option("VALUES", w->values, "addresses, a host name or texts");
  sub->add_option("--ttl", w->ttl, "seconds, default 60");
  sub->add_option("--alias", w->alias, "instead of values: another name of the zone");
  sub->add_option("--policy", w->policy, "simple, weighted, failover, latency or multivalue");
  sub->add_option("--set-id", w->set_identifier, "which of several of this name");
  sub->add_option("--weight", w->weight, "weighted: 0-255");
  sub->add_option("--failover", w->failover, "failover: PRIMARY or SECONDARY");
  sub->add_option("--zone", w->zone, "latency: az-a, ...");
  sub->add_option("--health-check", w->check, "id of a health check");
  sub->footer(
      "\nExample:\n  multiaz dns set blue A 127.20.1.11 --policy weighted --set-id blue "
      "--weight 10");
  sub->callback([w, &o] {
    Body record;
    record["name"] = full_name(w->name);
    record["type"] = w->type;
    if (w->ttl) record["ttl_s"] = *w->ttl;
    if (!w->alias.empty()) record["alias"] = full_name(w->alias);
    record["values"] = w->values;
    record["policy"] = w->policy;
    record["set_identifier"] = w->set_identifier;
    if (w->weight) record["weight"] = *w->weight;
    if (!w->failover.empty()) record["failover"] = w->failover;
    record["zone"] = w->zone;
    record["health_check"] = w->check;
    dns_order(o, Body{{"record", record}});
  });
  const auto d = std::make_shared<RecordWords>();
  CLI::App* erase = dns->add_subcommand("delete", "remove a record set that was added");
  erase->add_option("NAME", d->name, "name")->required();
  erase->add_option("TYPE", d->type, "A, AAAA, CNAME, TXT or NS")->required();
  erase->add_option("--set-id", d->set_identifier, "which of several of this name");
  erase->callback([d, &o] {
    Body what;
    what["name"] = full_name(d->name);
    what["type"] = d->type;
    what["set_identifier"] = d->set_identifier;
    dns_order(o, Body{{"delete_record", what}});
  });
}

void add_check(CLI::App* dns, Options& o) {
  const auto w = std::make_shared<RecordWords>();
  CLI::App* sub = dns->add_subcommand("check", "add or change a health check");
  sub->add_option("ID", w->name, "its name")->required();
  sub->add_option("ADDRESS", w->address, "IPv4 address")->required();
  sub->add_option("PORT", w->port, "port")->required();
  sub->add_option("--type", w->kind, "HTTP or TCP");
  sub->add_option("--path", w->path, "of HTTP");
  sub->add_option("--interval", w->interval, "default 30s");
  sub->add_option("--threshold", w->threshold, "failures in a row, 1-10");
  sub->add_flag("--inverted", w->inverted, "healthy means unhealthy");
  sub->callback([w, &o] {
    Body check;
    check["id"] = w->name;
    check["type"] = w->kind;
    check["address"] = w->address;
    check["port"] = w->port;
    check["path"] = w->path;
    if (!w->interval.empty()) {
      const auto ms = parse_duration_ms(w->interval);
      if (!ms) throw CLI::ValidationError("--interval", "it is a duration like 500ms or 5s");
      check["interval_ms"] = *ms;
    }
    if (w->threshold) check["failure_threshold"] = *w->threshold;
    check["inverted"] = w->inverted;
    dns_order(o, Body{{"check", check}});
  });
  const auto d = std::make_shared<RecordWords>();
  CLI::App* erase = dns->add_subcommand("uncheck", "remove a health check that was added");
  erase->add_option("ID", d->name, "its name")->required();
  erase->callback([d, &o] { dns_order(o, Body{{"delete_check", d->name}}); });
}

}  // namespace

void add_dns_words(CLI::App& app, Options& o) {
  CLI::App* dns = app.add_subcommand("dns", "records and health checks of multiaz.test");
  dns->add_option("--name", o.name, "name of the cluster");
  dns->add_flag("--json", o.json, "for programs");
  dns->require_subcommand(0, 1);
  dns->fallthrough();
  dns->preparse_callback([&o](size_t) { o.verb = "dns"; });
  add_set(dns, o);
  add_check(dns, o);
  dns->footer(
      "\nWithout a word: what was added. The whole zone: dig @ADDRESS -p 5353 NAME\n"
      "(multiaz endpoints has the address).");
}

}  // namespace multiaz::cli
