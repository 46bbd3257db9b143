#include "base/rt/fabric.h"

#include <algorithm>
#include <charconv>

#include "base/rt/loop.h"

namespace multiaz::rt {

Result<AddressSet> parse_address_set(std::string_view text) {
  const size_t slash = text.find('/');
  const Result<Address> base = parse_address(text.substr(0, slash));
  if (!base) return base.error();
  AddressSet out;
  out.ip = base->ip;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 33;
    std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (bits > 32) {
      return Error(Code::kInvalid, "\"" + std::string(text) + "\": the prefix must be 0 to 32");
    }
    out.mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
  }
  return out;
}

void Fabric::set_rules(std::vector<LinkRule> rules) {
  rules_ = std::move(rules);
  if (rules_.empty()) expiry_.reset();
  arm_expiry();
  changed();
}

std::vector<std::string> Fabric::in_force() const {
  const Nanos now = monotonic_now();
  std::vector<std::string> out;
  for (const LinkRule& rule : rules_) {
    if (now < rule.until) out.push_back(rule.id);
  }
  return out;
}

LinkState Fabric::link(uint32_t from_ip, uint32_t to_ip) const {
  LinkState out;
  if (rules_.empty()) return out;
  const Nanos now = monotonic_now();
  for (const LinkRule& rule : rules_) {
    if (now >= rule.until || !rule.from.contains(from_ip) || !rule.to.contains(to_ip)) continue;
    if (rule.kind == LinkRule::Kind::kCut) out.cut = true;
    if (rule.kind == LinkRule::Kind::kDrop) out.drop = true;
    if (rule.kind == LinkRule::Kind::kDelay) {
      out.delay_ms += rule.delay_ms;
      out.jitter_ms += rule.jitter_ms;
    }
    if (rule.kind == LinkRule::Kind::kReset) {
      out.reset_percent = std::max(out.reset_percent, rule.percent);
    }
    if (rule.kind == LinkRule::Kind::kBandwidth) {
      const uint32_t known = out.kbit_per_s == 0 ? rule.kbit_per_s : out.kbit_per_s;
      out.kbit_per_s = std::min(known, rule.kbit_per_s);
    }
  }
  return out;
}

void Fabric::set_guard(Guard guard, OnDenied on_denied) {
  guard_ = std::move(guard);
  on_denied_ = std::move(on_denied);
}

bool Fabric::admits(Address from, Address to) {
  if (!guard_) return true;
  const std::string why = guard_(from.ip, to.port);
  if (why.empty()) return true;
  ++denied_;
  if (on_denied_) on_denied_(from, to, why);
  return false;
}

Fabric::Ticket Fabric::watch(std::function<void()> on_change) {
  watchers_.push_back(std::move(on_change));
  return std::prev(watchers_.end());
}

void Fabric::unwatch(Ticket ticket) {
  watchers_.erase(ticket);
}

// Watchers only pause, resume, flush or close their own connection; they never resume a coroutine.
// A connection that closes removes its own entry.
void Fabric::changed() {
  for (auto next = watchers_.begin(); next != watchers_.end();) {
    const std::function<void()> watcher = *next++;
    watcher();
  }
}

void Fabric::arm_expiry() {
  if (rules_.empty()) return;
  Nanos soonest = rules_.front().until;
  for (const LinkRule& rule : rules_) soonest = std::min(soonest, rule.until);
  const Nanos now = monotonic_now();
  const uint64_t wait_ms = soonest <= now ? 0 : (soonest - now) / kMillisecond + 1;
  if (!expiry_) expiry_ = std::make_unique<Timer>([this] { on_expiry(); });
  expiry_->start(wait_ms);
}

void Fabric::on_expiry() {
  const Nanos now = monotonic_now();
  std::erase_if(rules_, [now](const LinkRule& rule) { return now >= rule.until; });
  if (rules_.empty()) {
    expiry_.reset();  // a quiet fabric must not keep the loop alive
  } else {
    arm_expiry();
  }
  changed();
}

Fabric& fabric() {
  static Fabric instance;
  return instance;
}

}  // namespace multiaz::rt
