#include "dns/zone/answer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <set>
#include <variant>

#include "base/core/random.h"

namespace multiaz::dns {

namespace {

namespace wd = wire::dns;

constexpr int kChaseMax = 8;  // most CNAMEs and aliases that are followed
constexpr uint16_t kIxfr = 251, kAxfr = 252;
constexpr uint16_t kClientSubnet = 8;  // EDNS option code
constexpr uint32_t kSoaTtlS = 900;

using Group = std::vector<const RecordSet*>;

// The data of one value; nullopt when the value does not fit its type (it was checked when it was
// added).
std::optional<wd::Data> data_of(uint16_t type, const std::string& value) {
  if (type == wd::kA) {
    wd::A out;
    if (inet_pton(AF_INET, value.c_str(), out.address.data()) != 1) return std::nullopt;
    return out;
  }
  if (type == wd::kAaaa) {
    wd::Aaaa out;
    if (inet_pton(AF_INET6, value.c_str(), out.address.data()) != 1) return std::nullopt;
    return out;
  }
  if (type == wd::kCname) return wd::Cname{value};
  if (type == wd::kNs) return wd::Ns{value};
  if (type == wd::kTxt) {
    wd::Txt out;
    for (size_t at = 0; at < value.size() || at == 0; at += 255) {
      out.strings.push_back(value.substr(at, 255));
    }
    return out;
  }
  return std::nullopt;
}

class Answerer {
 public:
  Answerer(const Zone& zone, const IsHealthy& healthy, const Asker& asker)
      : zone_(zone), healthy_(healthy), asker_(asker), random_(asker.random) {}

  void run(const wd::Question& question, wd::Message& out) {
    std::string name = question.name;
    for (int step = 0; step < kChaseMax; ++step) {
      const Group exact = group(name, question.type);
      if (!exact.empty()) {
        add(name, exact, question.type, out.answers, 0);
        break;
      }
      const Group cname = group(name, wd::kCname);
      if (cname.empty()) {
        if (step == 0 && !exists(name)) out.rcode = static_cast<uint16_t>(wd::Rcode::kNxDomain);
        break;
      }
      const size_t before = out.answers.size();
      add(name, cname, wd::kCname, out.answers, 0);
      if (out.answers.size() == before || question.type == wd::kCname) break;
      const auto* next = std::get_if<wd::Cname>(&out.answers.back().data);
      if (!next || !wd::is_below(next->target, zone_.origin)) break;
      name = next->target;
    }
    if (out.answers.empty()) out.authority.push_back(soa());
  }

  [[nodiscard]] wd::Record soa() const {
    wd::Soa data;
    data.primary = zone_.name_server;
    data.mailbox = "hostmaster." + zone_.origin;
    data.serial = zone_.serial;
    data.refresh_s = 7200;
    data.retry_s = 900;
    data.expire_s = 1'209'600;
    data.minimum_s = zone_.negative_ttl_s;
    wd::Record out;
    out.name = zone_.origin;
    out.type = wd::kSoa;
    out.ttl_s = std::min(kSoaTtlS, zone_.negative_ttl_s);
    out.data = data;
    return out;
  }

 private:
  // The record sets of that name and type, or those of a wildcard when the name itself does not
  // exist.
  [[nodiscard]] Group group(const std::string& name, uint16_t type) const {
    Group out = at(name, type);
    if (!out.empty()) return out;
    const std::string wildcard = source_of_synthesis(name);
    return wildcard.empty() ? out : at(wildcard, type);
  }
  [[nodiscard]] Group at(const std::string& name, uint16_t type) const {
    Group out;
    for (const RecordSet& one : zone_.records) {
      if (one.type == type && wd::same_name(one.name, name)) out.push_back(&one);
    }
    return out;
  }
  [[nodiscard]] bool exists_here(const std::string& name) const {
    return std::any_of(zone_.records.begin(), zone_.records.end(),
                       [&](const RecordSet& one) { return wd::same_name(one.name, name); });
  }
  // Also true for an empty non-terminal: a name that only has names below it.
  [[nodiscard]] bool is_in_zone(const std::string& name) const {
    if (wd::same_name(name, zone_.origin)) return true;
    return std::any_of(zone_.records.begin(), zone_.records.end(),
                       [&](const RecordSet& one) { return wd::is_below(one.name, name); });
  }
  // RFC 4592 3.3.1: the wildcard below the nearest existing ancestor, whether or not that wildcard
  // exists; so a wildcard applies to names of any depth, up to where another name exists. "" for a
  // name that exists.
  [[nodiscard]] std::string source_of_synthesis(const std::string& name) const {
    if (is_in_zone(name) || !wd::is_below(name, zone_.origin)) return "";
    std::string_view encloser = name;
    while (true) {
      const size_t dot = encloser.find('.');
      if (dot == std::string_view::npos) return "";
      encloser.remove_prefix(dot + 1);
      if (is_in_zone(std::string(encloser))) return "*." + std::string(encloser);
    }
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    if (is_in_zone(name)) return true;
    const std::string wildcard = source_of_synthesis(name);
    return !wildcard.empty() && exists_here(wildcard);
  }

  [[nodiscard]] bool is_healthy(const RecordSet& one, int depth) const {
    if (!one.health_check.empty() && !healthy_(one.health_check)) return false;
    if (one.alias.empty() || !one.evaluate_target_health || depth >= kChaseMax) return true;
    const Group target = group(one.alias, one.type);
    return std::any_of(target.begin(), target.end(),
                       [&](const RecordSet* each) { return is_healthy(*each, depth + 1); });
  }

  // The healthy ones, or all of them when none is healthy.
  [[nodiscard]] Group usable(const Group& all) const {
    Group out;
    for (const RecordSet* one : all) {
      if (is_healthy(*one, 0)) out.push_back(one);
    }
    return out.empty() ? all : out;
  }

  [[nodiscard]] const RecordSet* weighted(const Group& all) {
    Group choice = usable(all);
    const auto total = [](const Group& group) {
      uint64_t sum = 0;
      for (const RecordSet* one : group) sum += one->weight;
      return sum;
    };
    // Only records of weight 0 are left: they share equally, as when all weights are 0.
    const uint64_t sum = total(choice);
    if (sum == 0) return choice[random_.below(choice.size())];
    uint64_t ticket = random_.below(sum);
    for (const RecordSet* one : choice) {
      if (ticket < one->weight) return one;
      ticket -= one->weight;
    }
    return choice.back();
  }

  [[nodiscard]] const RecordSet* failover(const Group& all) const {
    const RecordSet* primary = nullptr;
    const RecordSet* secondary = nullptr;
    for (const RecordSet* one : all) (one->primary ? primary : secondary) = one;
    if (!primary || !secondary) return primary ? primary : secondary;
    if (is_healthy(*primary, 0) || !is_healthy(*secondary, 0)) return primary;
    return secondary;
  }

  // The client's own zone is the nearest; the others follow by their distance in the list of zones.
  [[nodiscard]] const RecordSet* nearest(const Group& all) {
    const Group choice = usable(all);
    const auto place = [&](const std::string& zone) {
      const auto& zones = zone_.availability_zones;
      return std::find(zones.begin(), zones.end(), zone) - zones.begin();
    };
    if (asker_.zone.empty()) return choice[random_.below(choice.size())];
    const auto mine = place(asker_.zone);
    const RecordSet* best = choice[0];
    for (const RecordSet* one : choice) {
      if (std::abs(place(one->zone) - mine) < std::abs(place(best->zone) - mine)) best = one;
    }
    return best;
  }

  void add(const std::string& name, const Group& all, uint16_t type, std::vector<wd::Record>& out,
           int depth) {
    Group chosen;
    switch (all[0]->policy) {
      case Policy::kSimple: chosen = {all[0]}; break;
      case Policy::kWeighted: chosen = {weighted(all)}; break;
      case Policy::kFailover: chosen = {failover(all)}; break;
      case Policy::kLatency: chosen = {nearest(all)}; break;
      case Policy::kMultivalue: chosen = usable(all); break;
    }
    shuffle(chosen);
    if (chosen.size() > kMultivalueMax) chosen.resize(kMultivalueMax);
    for (const RecordSet* one : chosen) add_one(name, *one, type, out, depth);
  }

  void add_one(const std::string& name, const RecordSet& one, uint16_t type,
               std::vector<wd::Record>& out, int depth) {
    if (!one.alias.empty()) {
      const Group target = group(one.alias, type);
      if (!target.empty() && depth < kChaseMax) add(name, target, type, out, depth + 1);
      return;
    }
    std::vector<std::string> values = one.values;
    shuffle(values);
    for (const std::string& value : values) {
      const auto data = data_of(type, value);
      if (!data) continue;
      wd::Record record;
      record.name = name;
      record.type = type;
      record.ttl_s = one.ttl_s;
      record.data = *data;
      out.push_back(std::move(record));
    }
  }

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_.below(i)]);
  }

  const Zone& zone_;
  const IsHealthy& healthy_;
  const Asker& asker_;
  Random random_;
};

// More than one question is not repeated, because they may not fit into an answer.
wd::Message refuse(const wd::Message& query, wd::Rcode code) {
  wd::Message out = wd::make_response(query, code);
  if (out.questions.size() != 1) out.questions.clear();
  return out;
}

}  // namespace

uint32_t client_subnet(const wd::Message& query) {
  if (!query.edns) return 0;
  for (const wd::EdnsOption& option : query.edns->options) {
    if (option.code != kClientSubnet || option.bytes.size() < 4) continue;
    if (option.bytes[0] != 0 || option.bytes[1] != 1) continue;  // only family 1, IPv4, is read
    uint32_t ip = 0;
    for (size_t i = 0; i < 4; ++i) {
      const size_t at = 4 + i;
      ip = (ip << 8) | (at < option.bytes.size() ? static_cast<uint8_t>(option.bytes[at]) : 0);
    }
    return ip;
  }
  return 0;
}

wd::Message answer(const Zone& zone, const IsHealthy& healthy, const Asker& asker,
                   const wd::Message& query) {
  if (query.opcode != 0) return refuse(query, wd::Rcode::kNotImp);
  if (query.edns && query.edns->version > 0) return refuse(query, wd::Rcode::kBadVers);
  if (query.questions.size() != 1) return refuse(query, wd::Rcode::kFormErr);
  const wd::Question& question = query.questions[0];
  if (question.klass != wd::kClassIn || !wd::is_below(question.name, zone.origin) ||
      question.type == kAxfr || question.type == kIxfr) {
    return refuse(query, wd::Rcode::kRefused);
  }
  wd::Message out = wd::make_response(query);
  out.authoritative = true;
  Answerer answerer(zone, healthy, asker);
  const bool apex = wd::same_name(question.name, zone.origin);
  wd::Question asked = question;
  if (asked.type == wd::kAny) asked.type = apex ? wd::kSoa : wd::kA;  // RFC 8482: one of the types
  if (apex && asked.type == wd::kSoa) {
    out.answers.push_back(answerer.soa());
    return out;
  }
  answerer.run(asked, out);
  return out;
}

}  // namespace multiaz::dns
