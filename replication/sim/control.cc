#include "replication/sim/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void Control::start() {
  const Span delay = world_.settings().control_delay;
  for (uint32_t member = 0; member < world_.size(); ++member) {
    up_.push_back(std::make_unique<Pipe<Up>>(world_.scheduler(), world_.fate().random(), delay,
                                             [this](Up&& item) { handle(item.event); }));
    down_.push_back(std::make_unique<Pipe<Down>>(
        world_.scheduler(), world_.fate().random(), delay,
        [this, member](Down&& item) { world_.node(member).deliver(std::move(item.event)); }));
  }
  boot();
}

Nanos Control::local_now() const {
  return 77 * kSecond + world_.now();
}

void Control::boot() {
  ManagerConfig config;
  config.group = "group";
  config.bug = world_.settings().bug;
  for (uint32_t member = 0; member < world_.size(); ++member)
    config.members.push_back({NodeId(member_name(member)), "az-" + member_name(member),
                              member < world_.settings().candidates});
  ManagerState state;
  if (!stored_.empty()) {
    auto restored = restore_manager_state(stored_.back());
    CHECK_NOTE(restored.ok(), stored_.back());
    state = std::move(*restored);
  }
  manager_ = std::make_unique<Manager>(std::move(config), std::move(state), local_now());
  world_.trace("manager", fmt::format("starts from epoch {}", manager_->view().epoch.raw));
  ++life_;
  paused_ = false;
  for (const ManagerEvent& exit : std::exchange(unreported_, {})) handle(exit);
  tick(life_);
}

void Control::tick(uint64_t life) {
  if (life != life_) return;
  if (!paused_) handle(ManagerTick{});
  world_.scheduler().after(kManagerTickMs * kMillisecond, [this, life] { tick(life); });
}

void Control::handle(const ManagerEvent& event) {
  if (!up()) return;
  if (paused_) {
    if (!std::holds_alternative<ManagerTick>(event)) inbox_.push_back(event);
    return;
  }
  const bool quiet =
      std::holds_alternative<ManagerTick>(event) || std::holds_alternative<MemberReport>(event);
  if (world_.settings().trace_events && !quiet) world_.trace("manager", "  > " + describe(event));
  const ManagerEffects effects = manager_->step(local_now(), event);
  for (const ManagerEffect& effect : effects) {
    if (!up()) return;
    std::visit([this](const auto& e) { perform(e); }, effect);
  }
}

void Control::perform(const PersistState& e) {
  stored_.push_back(e.text);
  auto state = restore_manager_state(e.text);
  CHECK_NOTE(state.ok(), e.text);
  latest_ = state->view;
  ++views_made_;
  world_.checker().view_made(latest_);
  world_.view_stored();
  if (crash_after_persist_ > 0) {
    world_.cover("manager crashed between storing and telling");
    crash(std::exchange(crash_after_persist_, 0));
  }
}

void Control::perform(const SendView& e) {
  if (world_.settings().trace_events) world_.trace("manager", "  < " + describe(ManagerEffect(e)));
  for (const NodeId& id : e.to) down_[world_.index_of(id)]->push({ViewUpdate{e.view, e.fenced}});
}

void Control::perform(const SendHandOver& e) {
  down_[world_.index_of(e.primary)]->push({HandOver{e.to}});
}

void Control::perform(const ManagerNotice& e) {
  world_.cover("manager " + e.kind);
  world_.trace("manager", e.kind + ": " + e.text);
}

void Control::perform(const Answer& e) {
  world_.trace("manager", fmt::format("answers {}: {}", e.ok ? "ok" : "no", e.text));
}

void Control::from_member(uint32_t member, ManagerEvent event) {
  if (up()) up_[member]->push({std::move(event)});
}

// Both ends of a control connection lose the messages in flight when a process ends.
void Control::process_ended(uint32_t member) {
  up_[member]->drop_all();
  down_[member]->drop_all();
  const ManagerEvent exited =
      MemberExited{NodeId(member_name(member)), world_.node(member).launch_, "killed"};
  world_.scheduler().after(exit_delay_, [this, exited] {
    if (up())
      handle(exited);
    else
      unreported_.push_back(exited);
  });
}

void Control::crash(Nanos restart_after) {
  if (!up()) return;
  world_.trace("manager", "ends");
  manager_.reset();
  ++life_;
  inbox_.clear();
  for (auto& pipe : up_) pipe->drop_all();
  for (auto& pipe : down_) pipe->drop_all();
  world_.scheduler().after(restart_after, [this] {
    if (!up()) boot();
  });
}

void Control::restart_from_older_copy(uint32_t copies_back) {
  if (!up() || stored_.size() <= copies_back) return;
  world_.trace("manager", "its file is replaced by an older copy");
  const std::string text = stored_[stored_.size() - 1 - copies_back];
  stored_.push_back(text);
  crash(10 * kMillisecond);
  forget_unheard(restore_manager_state(text)->view);
}

// A view that was stored and never sent is lost with the file, as if it had never been made.
void Control::forget_unheard(View stored) {
  Epoch heard = stored.epoch;
  for (uint32_t member = 0; member < world_.size(); ++member) {
    const Node& node = world_.node(member);
    heard = std::max(heard, node.up() ? node.core().epoch() : node.disk_.view.epoch);
  }
  if (heard >= latest_.epoch) return;
  world_.checker().views_forgotten(heard);
  latest_ = world_.checker().view_of(heard);
}

void Control::pause(Nanos duration) {
  if (!up() || paused_) return;
  world_.trace("manager", "is stopped");
  paused_ = true;
  world_.scheduler().after(duration, [this, life = life_] {
    if (life == life_) heal();
  });
}

void Control::cut(uint32_t member, bool up, bool down, bool on) {
  world_.trace("link", fmt::format("control of {}{}{} {}", member_name(member), up ? " up" : "",
                                   down ? " down" : "", on ? "cut" : "healed"));
  if (up) up_[member]->set_cut(on);
  if (down) down_[member]->set_cut(on);
}

void Control::reconnect(uint32_t member) {
  up_[member]->set_cut(false);
  down_[member]->set_cut(false);
}

void Control::heal() {
  exit_delay_ = kMillisecond;
  if (!up()) return boot();
  if (!paused_) return;
  paused_ = false;
  world_.trace("manager", "continues");
  for (const ManagerEvent& event : std::exchange(inbox_, {})) handle(event);
}

void Control::ask(ManagerEvent event) {
  handle(event);
}

}  // namespace multiaz::replication::sim
