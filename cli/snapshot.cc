// Snapshots of db and cache: the words of the command line, and what they show.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "cli/answer.h"
#include "cli/options_parts.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using SnapshotsJson = nlohmann::ordered_json;

struct SnapshotWords {
  std::string group, name, folder, every;
  uint64_t keep = 7;
  bool off = false;
};

void snapshot_order(Options& o, const SnapshotsJson& body) {
  o.verb = "order";
  o.route = "/v1/snapshot";
  o.body = jsonio::dump(body);
}

void add_schedule_words(CLI::App* snapshot, Options& o) {
  const auto w = std::make_shared<SnapshotWords>();
  CLI::App* schedule = snapshot->add_subcommand("schedule", "take them again and again");
  schedule->add_option("GROUP", w->group, "db or cache")->required();
  CLI::Option* every = schedule->add_option("--every", w->every, "one each: 1h");
  schedule->add_option("--keep", w->keep, "so many; the oldest go")->capture_default_str();
  schedule->add_flag("--off", w->off, "no more")->excludes(every);
  schedule->callback([w, &o] {
    const auto ms = parse_duration_ms(w->every);
    if (!w->off && (!ms || *ms == 0)) {
      throw CLI::ValidationError("--every",
                                 "'" + w->every + "' is not a duration like 1h; or --off");
    }
    snapshot_order(o, {{"action", "schedule"},
                       {"group", w->group},
                       {"every_ms", w->off ? 0 : *ms},
                       {"keep", w->keep}});
  });
}

std::string size_of(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", bytes / 1e6);
  return text;
}

void show_snapshots(const SnapshotsJson& all) {
  Table table({"NAME", "GROUP", "TYPE", "STATUS", "EPOCH", "RECORD", "MB", "FROM", "AGE"});
  for (const SnapshotsJson& one : jsonio::items_in(all, "snapshots")) {
    const auto age_ms = wall_now_ms() - static_cast<int64_t>(jsonio::count_in(one, "wall_ms"));
    table.add({coloured(Colour::kBold, jsonio::text_in(one, "name")), jsonio::text_in(one, "group"),
               jsonio::text_in(one, "type"), jsonio::text_in(one, "status"),
               jsonio::shown(one, "epoch"), jsonio::shown(one, "lsn"),
               size_of(jsonio::number_in(one, "bytes")), jsonio::text_in(one, "source"),
               std::to_string(age_ms / 1000) + " s"});
  }
  print(table.text());
  const SnapshotsJson& schedules = jsonio::members_in(all, "schedules");
  for (auto each = schedules.begin(); each != schedules.end(); ++each) {
    print(each.key() + ": every " + std::to_string(jsonio::count_in(*each, "every_ms") / 1000) +
          " s, " + jsonio::shown(*each, "keep") + " are kept\n");
  }
}

}  // namespace

void add_snapshot_words(CLI::App& app, Options& o) {
  CLI::App* snapshot = app.add_subcommand("snapshot", "copies of db and cache, and back to them");
  snapshot->add_option("--name", o.name, "name of the cluster");
  snapshot->add_flag("--json", o.json, "for programs");
  snapshot->require_subcommand(0, 1);
  snapshot->fallthrough();
  snapshot->preparse_callback([&o](size_t) { o.verb = "snapshot"; });
  snapshot->add_subcommand("show", "what there is (also without a word)");
  const auto c = std::make_shared<SnapshotWords>();
  CLI::App* create = snapshot->add_subcommand("create", "copy a group's state, from a standby");
  create->add_option("GROUP", c->group, "db or cache")->required();
  create->add_option("SNAPSHOT", c->name, "its name; none = one is made up");
  create->callback([c, &o] {
    snapshot_order(o, {{"action", "create"}, {"group", c->group}, {"name", c->name}});
  });
  for (const auto& [word, help] :
       {std::pair{"delete", "the copy is gone"},
        {"restore", "the group ends and begins again with that data; what came later is gone"}}) {
    const auto w = std::make_shared<SnapshotWords>();
    CLI::App* sub = snapshot->add_subcommand(word, help);
    sub->add_option("SNAPSHOT", w->name, "its name")->required();
    const std::string action = word;
    sub->callback([w, action, &o] { snapshot_order(o, {{"action", action}, {"name", w->name}}); });
  }
  const auto e = std::make_shared<SnapshotWords>();
  CLI::App* out = snapshot->add_subcommand("export", "copy one out of the cluster's run folder");
  out->add_option("SNAPSHOT", e->name, "its name")->required();
  out->add_option("FOLDER", e->folder, "does not exist yet")->required();
  out->callback([e, &o] {
    const std::string folder = std::filesystem::absolute(e->folder).string();
    snapshot_order(o, {{"action", "export"}, {"name", e->name}, {"folder", folder}});
  });
  add_schedule_words(snapshot, o);
  snapshot->footer(
      "\nExamples:\n  multiaz snapshot create db before-the-test\n"
      "  multiaz snapshot restore before-the-test\n  multiaz snapshot schedule db --every 1h\n"
      "  multiaz snapshot export before-the-test ./seed    then [db] snapshot = \"seed\"");
}

rt::Task<int> verb_snapshot(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await remote.get("/v1/snapshots");
  if (!text) co_return complain(text.error());
  const auto all = object_of(*text);
  if (!all) co_return complain(all.error());
  if (options.json)
    print(*text);
  else
    show_snapshots(*all);
  co_return kExitOk;
}

}  // namespace multiaz::cli
