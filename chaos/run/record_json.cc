#include "chaos/run/record_json.h"

#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "chaos/run/json_taker.h"

namespace multiaz::chaos {

namespace {

using Out = nlohmann::ordered_json;
using In = nlohmann::json;

constexpr Finding::Kind kFindings[] = {Finding::Kind::kLostWrite,    Finding::Kind::kPhantomLine,
                                       Finding::Kind::kLostOrder,    Finding::Kind::kDuplicateOrder,
                                       Finding::Kind::kPhantomOrder, Finding::Kind::kLostSession,
                                       Finding::Kind::kReplayedOrder};

template <typename T, size_t N>
Result<T> named(const T (&all)[N], const std::string& word) {
  for (const T one : all) {
    if (to_string(one) == word) return one;
  }
  return Error(Code::kInvalid, "unknown word \"" + word + "\"");
}

Result<Finding> finding_from(const In& json) {
  Finding out{};
  Status status;
  const Taker take(json, status);
  std::string kind;
  take("kind", kind);
  take("session", out.session);
  take("subject", out.subject);
  take("text", out.text);
  take.maybe("seen_ns", out.seen);
  take.maybe("told_by", out.told_by);
  if (!status) return status.error();
  const auto known = named(kFindings, kind);
  if (!known) return known.error();
  out.kind = *known;
  return out;
}

// The figures of a reading, once, for writing and for reading.
template <typename Reading, typename Visit>
void each_figure(Reading& reading, Visit visit) {
  visit("carts", reading.carts);
  visit("lost_carts", reading.lost_carts);
  visit("acked_writes", reading.acked_writes);
  visit("lost_writes", reading.lost_writes);
  visit("in_doubt_writes", reading.in_doubt_writes);
  visit("orders", reading.orders);
  visit("lost_orders", reading.lost_orders);
  visit("duplicate_orders", reading.duplicate_orders);
  visit("unread", reading.unread);
  visit("unjudged", reading.unjudged);
}

template <typename Record, typename Visit>
void each_fact(Record& record, Visit visit) {
  visit("mode", record.mode);
  visit("began_ns", record.began);
  visit("load_from_ns", record.load_from);
  visit("load_until_ns", record.load_until);
  visit("whole_at_ns", record.whole_at);
  visit("ended_ns", record.ended);
  visit("problem", record.problem);
  visit("stopped", record.stopped);
  visit("healthy_before", record.healthy_before);
  visit("whole_after", record.whole_after);
  visit("interrupted", record.interrupted);
  visit("clean", record.clean);
  visit("residue", record.residue);
  visit("alarms", record.alarms);
}

template <typename Stock, typename Visit>
void each_stock(Stock& stock, Visit visit) {
  visit("known", stock.known);
  visit("initial", stock.initial);
  visit("left", stock.left);
  visit("ordered", stock.ordered);
  visit("negative", stock.negative);
}

template <typename Shown, typename Visit>
void each_shown(Shown& shown, Visit visit) {
  visit("looked_at", shown.looked_at);
  visit("wrong", shown.wrong);
}

template <typename One, typename Visit>
void each_of_hit(One& hit, Visit visit) {
  visit("id", hit.id);
  visit("pid", hit.pid);
  visit("t_ns", hit.at);
  visit("verified", hit.verified);
}

// But its hits.
template <typename Fault, typename Visit>
void each_of_fault(Fault& fault, Visit visit) {
  visit("name", fault.spec.name);
  visit("kind", fault.spec.kind);
  visit("target", fault.spec.target);
  visit("to", fault.spec.to);
  visit("for_ms", fault.spec.for_ms);
  visit("targets", fault.targets);
  visit("planned_ns", fault.planned);
  visit("applied_ns", fault.applied);
  visit("verified_ns", fault.verified);
  visit("healed_ns", fault.healed);
  visit("bit", fault.bit);
  visit("proof", fault.proof);
  visit("left_behind", fault.left_behind);
}

template <typename One, typename Visit>
void each_of_event(One& event, Visit visit) {
  visit("seq", event.seq);
  visit("t_ns", event.at);
  visit("kind", event.kind);
  visit("source", event.source);
  visit("target", event.target);
  visit("text", event.text);
}

template <typename Member, typename Visit>
void each_of_member(Member& member, Visit visit) {
  visit("group", member.group);
  visit("id", member.id);
  visit("tail", member.tail);
  visit("hash", member.hash);
}

template <typename One, typename Visit>
void each_of_roster(One& one, Visit visit) {
  visit("id", one.id);
  visit("tier", one.tier);
  visit("program", one.program);
  visit("read_replica", one.read_replica);
}

const auto write_into = [](Out& out) {
  return [&out](const char* key, const auto& value) { out[key] = value; };
};

}  // namespace

Out to_json(const FaultRecord& fault) {
  Out out;
  each_of_fault(fault, write_into(out));
  out["hits"] = Out::array();
  for (const Hit& hit : fault.hits) {
    Out one;
    each_of_hit(hit, write_into(one));
    out["hits"].push_back(std::move(one));
  }
  return out;
}

Result<FaultRecord> fault_from(const In& in) {
  FaultRecord out;
  Status status;
  const Taker take(in, status);
  each_of_fault(out, take);
  take.each("hits", [&](const In& one) {
    Hit hit;
    Status taken;
    each_of_hit(hit, Taker(one, taken));
    out.hits.push_back(std::move(hit));
    return taken;
  });
  if (!status) return status.error();
  return out;
}

Out to_json(const Event& event) {
  Out out;
  each_of_event(event, write_into(out));
  return out;
}

Result<Event> event_from(const In& in) {
  Event out;
  Status status;
  each_of_event(out, Taker(in, status));
  if (!status) return status.error();
  return out;
}

Out to_json(const Request& request) {
  Out out;
  out["path"] = to_string(request.path);
  out["sent_ns"] = request.sent;
  out["done_ns"] = request.done;
  out["ok"] = request.ok;
  return out;
}

Result<Request> request_from(const In& in) {
  Request out;
  Status status;
  const Taker take(in, status);
  std::string path;
  take("path", path);
  take("sent_ns", out.sent);
  take("done_ns", out.done);
  take("ok", out.ok);
  if (!status) return status.error();
  if (path == to_string(Path::kOther)) return out;
  const auto known = named(kClaimPaths, path);
  if (!known) return known.error();
  out.path = *known;
  return out;
}

Out to_json(const Finding& finding) {
  Out out;
  out["kind"] = to_string(finding.kind);
  out["session"] = finding.session;
  out["subject"] = finding.subject;
  out["text"] = finding.text;
  out["seen_ns"] = finding.seen;
  out["told_by"] = finding.told_by;
  return out;
}

Out to_json(const Figures& figures) {
  Out out = Out::object();
  for (const auto& [name, value] : figures) out[name] = value;
  return out;
}

Out figures_json(const RunRecord& record) {
  Out out;
  out["scenario"] = record.scenario.name;
  out["origin"] = record.scenario.origin;
  out["seed"] = record.scenario.seed;
  each_fact(record, write_into(out));
  out["load_planned"] = record.load_planned;
  out["cluster"] = record.cluster;
  out["logs_read"] = record.logs_read;
  out["roster"] = Out::array();
  for (const RosterMember& one : record.roster.members) {
    Out member;
    each_of_roster(one, write_into(member));
    out["roster"].push_back(std::move(member));
  }
  Out reading, stock, shown;
  each_figure(record.reading, write_into(reading));
  each_stock(record.stock, write_into(stock));
  out["reading"] = std::move(reading);
  out["stock"] = std::move(stock);
  each_shown(record.shown, write_into(shown));
  out["shown"] = std::move(shown);
  out["findings"] = Out::array();
  for (const Finding& one : record.reading.findings) out["findings"].push_back(to_json(one));
  out["stale_reads"] = Out::array();
  for (const Finding& one : record.stale_reads) out["stale_reads"].push_back(to_json(one));
  out["members"] = Out::array();
  for (const MemberEnd& one : record.members) {
    Out member;
    each_of_member(one, write_into(member));
    member["moved"] = one.moved;
    out["members"].push_back(std::move(member));
  }
  out["cache_reads"] = Out::array();  // time, hits, misses
  for (const CacheReads& one : record.cache_reads)
    out["cache_reads"].push_back(Out::array({one.at, one.hits, one.misses}));
  out["standstills"] = Out::array();  // from, to
  for (const Standstill& one : record.standstills)
    out["standstills"].push_back(Out::array({one.from, one.to}));
  out["control"] = Out::array();  // in order
  for (const auto& [name, value] : record.control)
    out["control"].push_back(Out::array({name, value}));
  return out;
}

namespace {

void take_lists(const Taker& take, RunRecord& record) {
  take.each("roster", [&](const In& one) {
    RosterMember member;
    Status taken;
    each_of_roster(member, Taker(one, taken));
    record.roster.members.push_back(std::move(member));
    return taken;
  });
  take.each("members", [&](const In& one) {
    MemberEnd member;
    Status taken;
    each_of_member(member, Taker(one, taken));
    Taker(one, taken).maybe("moved", member.moved);
    record.members.push_back(std::move(member));
    return taken;
  });
  take.each("cache_reads", [&](const In& one) {
    CacheReads reads;
    const Status taken = take_numbers(one, {&reads.at, &reads.hits, &reads.misses});
    record.cache_reads.push_back(reads);
    return taken;
  });
  take.each("standstills", [&](const In& one) {
    Standstill still;
    const Status taken = take_numbers(one, {&still.from, &still.to});
    record.standstills.push_back(still);
    return taken;
  });
  take.each("control", [&](const In& one) {
    const In *name = jsonio::item_at(one, 0), *number = jsonio::item_at(one, 1);
    const bool fits =
        number && one.size() == 2 && name->is_string() && number->is_number_unsigned();
    if (!fits) return Status(wrong_key("control", "a list of names with numbers"));
    record.control.emplace_back(jsonio::text_or_empty(*name),
                                jsonio::count_in(In{{"n", *number}}, "n"));
    return Status();
  });
}

}  // namespace

Status take_figures(const In& in, RunRecord& record) {
  Status status;
  const Taker take(in, status);
  take("scenario", record.scenario.name);
  take("origin", record.scenario.origin);
  take("seed", record.scenario.seed);
  each_fact(record, take);
  take.maybe("load_planned", record.load_planned);
  take.maybe("cluster", record.cluster);
  take.maybe("logs_read", record.logs_read);
  const auto section = [&](const char* key, auto visit) {
    const auto part = jsonio::object(in, key);
    if (!part) return take.fail(part.error());
    visit(Taker(**part, status));
  };
  section("reading", [&](Taker part) { each_figure(record.reading, part); });
  section("stock", [&](Taker part) { each_stock(record.stock, part); });
  section("shown", [&](Taker part) { each_shown(record.shown, part); });
  const auto findings = [&](const char* key, std::vector<Finding>& into) {
    take.each(key, [&](const In& one) {
      auto finding = finding_from(one);
      if (!finding) return Status(finding.error());
      into.push_back(std::move(*finding));
      return Status();
    });
  };
  findings("findings", record.reading.findings);
  findings("stale_reads", record.stale_reads);
  take_lists(take, record);
  return status;
}

}  // namespace multiaz::chaos
