// The words of `replica`, and how its answers are shown.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "cli/options_parts.h"

namespace multiaz::cli {

namespace {

struct ReplicaWords {
  std::string group, zone, id;
};

void replica_order(Options& o, const nlohmann::ordered_json& body) {
  o.verb = "order";
  o.route = "/v1/replica";
  o.body = jsonio::dump(body);
}

}  // namespace

void add_replica_words(CLI::App& app, Options& o) {
  CLI::App* replica =
      app.add_subcommand("replica", "add, remove and promote replicas of db and cache");
  replica->add_option("--name", o.name, "name of the cluster");
  replica->add_flag("--json", o.json, "for programs");
  replica->require_subcommand(1);
  replica->fallthrough();
  const auto a = std::make_shared<ReplicaWords>();
  CLI::App* add = replica->add_subcommand("add", "one more");
  add->add_option("GROUP", a->group, "db (a read replica) or cache (in sync)")->required();
  add->add_option("--zone", a->zone, "zone; default: the one with the fewest");
  add->callback([a, &o] {
    replica_order(o, {{"action", "add"}, {"group", a->group}, {"zone", a->zone}});
  });
  for (const auto& [word, help] :
       {std::pair{"remove", "remove a replica with its data"},
        {"promote", "make it the primary: it catches up first, so no write is lost"}}) {
    const auto w = std::make_shared<ReplicaWords>();
    CLI::App* sub = replica->add_subcommand(word, help);
    sub->add_option("ID", w->id, "db-c1, cache-b1, ...")->required();
    const std::string action = word;
    sub->callback([w, action, &o] { replica_order(o, {{"action", action}, {"id", w->id}}); });
  }
  const auto m = std::make_shared<ReplicaWords>();
  CLI::App* modify =
      app.add_subcommand("modify", "change a setting of db or cache, one member after another");
  modify->add_option("GROUP", m->group, "db or cache")->required();
  modify->add_option("SETTING", m->id, "size_mb=512 (db) or memory_mb=128 (cache)")->required();
  modify->add_option("--name", o.name, "name of the cluster");
  modify->add_flag("--json", o.json, "for programs");
  modify->callback([m, &o] {
    const size_t equals = m->id.find('=');
    nlohmann::ordered_json body;
    body["group"] = m->group;
    body["key"] = m->id.substr(0, equals);
    try {
      body["value"] =
          std::stoull(m->id.substr(equals == std::string::npos ? m->id.size() : equals + 1));
    } catch (const std::exception&) {
      throw CLI::ValidationError("SETTING", "'" + m->id + "' is not like size_mb=512");
    }
    o.verb = "order";
    o.route = "/v1/modify";
    o.body = jsonio::dump(body);
  });
  replica->footer(
      "\nExamples:\n  multiaz replica add db --zone az-b\n  multiaz replica promote db-c1");
}

}  // namespace multiaz::cli
