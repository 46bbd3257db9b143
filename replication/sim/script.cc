#include <fmt/format.h>

#include <memory>
#include <optional>

#include "replication/sim/scenarios.h"

namespace multiaz::replication::sim {
namespace {

Settings quiet(Settings settings) {
  settings.trace = true;
  settings.truncate_delay = {kMillisecond, kMillisecond};
  return settings;
}

std::string text_of(Outcome outcome) {
  return outcome == Outcome::kOk ? "ok" : outcome == Outcome::kDefinite ? "refused" : "in doubt";
}

}  // namespace

Script::Script(Settings settings) : world_(quiet(std::move(settings))) {
  wait_settled("the group starts");
}

void Script::expect(bool holds, const std::string& what) {
  if (!holds) world_.checker().violate("expectation", what);
}

std::optional<Outcome> Script::wait_for(const std::string& what, std::optional<Outcome>& outcome) {
  world_.run_until([&] { return outcome.has_value(); }, kSecond);
  if (!outcome) world_.trace("client", what + ": no answer for a second");
  return outcome;
}

std::optional<Outcome> Script::write(const char* member) {
  auto outcome = std::make_shared<std::optional<Outcome>>();
  world_.clients().write_to(at(member), [this, outcome, member](Outcome got, Lsn lsn) {
    const std::string at_lsn = got == Outcome::kOk ? fmt::format(" at lsn {}", lsn.raw) : "";
    world_.trace("client", fmt::format("write to {}: {}{}", member, text_of(got), at_lsn));
    *outcome = got;
  });
  return wait_for(fmt::format("write to {}", member), *outcome);
}

void Script::start_write(const char* member) {
  world_.clients().write_to(at(member), [this, member](Outcome got, Lsn lsn) {
    const std::string at_lsn = got == Outcome::kOk ? fmt::format(" at lsn {}", lsn.raw) : "";
    world_.trace("client", fmt::format("write to {}: {}{}", member, text_of(got), at_lsn));
  });
  world_.run_for(kMillisecond);
}

std::optional<Outcome> Script::read(const char* member) {
  auto outcome = std::make_shared<std::optional<Outcome>>();
  world_.clients().read_from(at(member), [this, outcome, member](Outcome got, Lsn lsn) {
    const std::string at_lsn = got == Outcome::kOk ? fmt::format(" up to lsn {}", lsn.raw) : "";
    world_.trace("client", fmt::format("read from {}: {}{}", member, text_of(got), at_lsn));
    *outcome = got;
  });
  return wait_for(fmt::format("read from {}", member), *outcome);
}

void Script::wait_settled(const std::string& why) {
  expect(world_.run_until([this] { return world_.settled(); }, 20 * kSecond), why);
  world_.trace("----", why + ": settled");
}

void Script::wait_serving(const char* member) {
  expect(world_.run_until([&] { return node(member).serves(); }, 20 * kSecond),
         fmt::format("{} serves", member));
}

void Script::cut_both(const char* a, const char* b, bool on) {
  world_.network().cut(at(a), at(b), on);
  world_.network().cut(at(b), at(a), on);
}

void Script::partition(const char* member, bool on) {
  for (uint32_t peer = 0; peer < world_.size(); ++peer)
    if (peer != at(member)) cut_both(member, member_name(peer).c_str(), on);
  world_.control().cut(at(member), true, true, on);
}

bool Script::holds(const char* member, Lsn lsn, uint64_t hash) {
  const auto held = node(member).disk_.hash_at(lsn);
  return held && *held == hash;
}

ScenarioResult play(const Scenario& scenario) {
  Script script(scenario.settings());
  scenario.play(script);
  if (!script.world().checker().failed()) script.world().checker().check_end();
  return {script.world().journal().text(), script.world().checker().violation()};
}

}  // namespace multiaz::replication::sim
