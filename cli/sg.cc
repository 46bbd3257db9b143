// Security groups: the words of the command line, and how the answers are shown.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/wire/url.h"
#include "cli/answer.h"
#include "cli/options_parts.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using SgJson = nlohmann::ordered_json;

struct SgWords {
  std::string group, source, ports, why, from, to;
  uint16_t port = 0;
};

// Reads "6379" or "8000-8999".
void put_ports(SgJson& body, const std::string& text) {
  const size_t dash = text.find('-');
  try {
    size_t used = 0;
    const int low = std::stoi(text.substr(0, dash), &used);
    body["port"] = low;
    if (dash != std::string::npos) body["port_high"] = std::stoi(text.substr(dash + 1));
    if (low < 0 || (dash == std::string::npos && used != text.size())) throw std::exception();
  } catch (const std::exception&) {
    throw CLI::ValidationError("PORT", "'" + text + "' is not like 6379 or 8000-8999");
  }
}

void add_change(CLI::App* sg, Options& o, const char* action, const char* help) {
  const auto w = std::make_shared<SgWords>();
  CLI::App* sub = sg->add_subcommand(action, help);
  sub->add_option("GROUP", w->group, "sg-lb, sg-web, sg-cache, sg-db or sg-dns")->required();
  sub->add_option("PORT", w->ports, "6379 or 8000-8999")->required();
  sub->add_option("SOURCE", w->source, "a group, or a block: 127.0.0.1/32")->required();
  sub->add_option("--why", w->why, "a note");
  sub->callback([w, &o, action] {
    SgJson body;
    body["action"] = action;
    body["group"] = w->group;
    put_ports(body, w->ports);
    body["source"] = w->source;
    body["why"] = w->why;
    o.verb = "order";
    o.route = "/v1/sg";
    o.body = jsonio::dump(body);
  });
}

std::string ports_of(const SgJson& rule) {
  const std::string low = jsonio::shown(rule, "port_low"), high = jsonio::shown(rule, "port_high");
  return low == high ? low : low + "-" + high;
}

}  // namespace

void add_sg_words(CLI::App& app, Options& o) {
  CLI::App* sg = app.add_subcommand("sg", "security groups: which connections are allowed");
  sg->add_option("--name", o.name, "name of the cluster");
  sg->add_flag("--json", o.json, "for programs");
  sg->require_subcommand(0, 1);
  sg->fallthrough();
  sg->preparse_callback([&o](size_t) { o.verb = "sg"; });
  sg->add_subcommand("show", "the groups, their members and rules (the default)");
  const auto w = std::make_shared<SgWords>();
  CLI::App* check =
      sg->add_subcommand("check", "may FROM connect to that port of TO? exit code 1 means no");
  check->add_option("FROM", w->from, "an instance, a tier, an address, or internet")->required();
  check->add_option("TO", w->to, "an instance, a tier or a group")->required();
  check->add_option("PORT", w->port, "a port")->required();
  check->callback([w, &o] {
    o.verb = "sg";
    o.route = "/v1/sg/check?from=" + wire::percent_encode(w->from) +
              "&to=" + wire::percent_encode(w->to) + "&port=" + std::to_string(w->port);
  });
  add_change(sg, o, "authorize", "add a rule");
  add_change(sg, o, "revoke", "remove a rule; open connections stay open");
  sg->footer(
      "\nExamples:\n  multiaz sg check lb cache 6379\n"
      "  multiaz sg revoke sg-cache 6379 127.0.0.1/32");
}

rt::Task<int> verb_sg(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const bool check = !options.route.empty();
  const std::string route = check ? options.route : "/v1/sg";
  const auto text = co_await remote.get(route);
  if (!text) co_return exit_code_of(text.error());
  const auto read = check ? object_of(*text) : array_of(*text);
  if (!read) co_return complain(read.error());
  const SgJson& answer = *read;
  if (options.json) print(*text);
  if (check) {
    const bool allowed = jsonio::flag_in(answer, "allowed");
    if (!options.json) {
      print((allowed ? coloured(Colour::kGreen, "allowed") : coloured(Colour::kRed, "denied")) +
            ": " + jsonio::text_in(answer, "because") + "\n");
    }
    co_return allowed ? kExitOk : kExitViolated;
  }
  if (options.json) co_return kExitOk;
  Table table({"GROUP", "PORT", "FROM", "WHY"});
  for (const SgJson& group : answer) {
    for (const SgJson& rule : jsonio::items_in(group, "inbound")) {
      table.add({coloured(Colour::kBold, jsonio::text_in(group, "group")), ports_of(rule),
                 jsonio::text_in(rule, "source"), jsonio::text_in(rule, "why")});
    }
  }
  print(table.text());
  co_return kExitOk;
}

}  // namespace multiaz::cli
