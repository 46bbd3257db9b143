#include "chaos/run/record_json.h"

#include <nlohmann/json.hpp>

namespace multiaz::chaos {

namespace {

using Out = nlohmann::ordered_json;
using In = nlohmann::json;

constexpr Finding::Kind kFindings[] = {Finding::Kind::kLostWrite,    Finding::Kind::kPhantomLine,
                                       Finding::Kind::kLostOrder,    Finding::Kind::kDuplicateOrder,
                                       Finding::Kind::kPhantomOrder, Finding::Kind::kLostSession,
                                       Finding::Kind::kReplayedOrder};

template <typename T, size_t N>
T named(const T (&all)[N], const std::string& word) {
  for (const T one : all) {
    if (to_string(one) == word) return one;
  }
  throw In::other_error::create(501, "unknown word " + word, static_cast<const In*>(nullptr));
}

Finding finding_from(const In& json) {
  Finding out;
  out.kind = named(kFindings, json.at("kind").get<std::string>());
  out.session = json.at("session").get<std::string>();
  out.subject = json.at("subject").get<std::string>();
  out.text = json.at("text").get<std::string>();
  out.seen = json.value("seen_ns", Nanos{0});
  out.told_by = json.value("told_by", "");
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

const auto write_into = [](Out& out) {
  return [&out](const char* key, const auto& value) { out[key] = value; };
};
const auto read_from = [](const In& in) {
  return [&in](const char* key, auto& value) { in.at(key).get_to(value); };
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

FaultRecord fault_from(const In& in) {
  FaultRecord out;
  each_of_fault(out, read_from(in));
  for (const In& one : in.at("hits")) {
    Hit hit;
    each_of_hit(hit, read_from(one));
    out.hits.push_back(std::move(hit));
  }
  return out;
}

Out to_json(const Event& event) {
  Out out;
  each_of_event(event, write_into(out));
  return out;
}

Event event_from(const In& in) {
  Event out;
  each_of_event(out, read_from(in));
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

Request request_from(const In& in) {
  Request out;
  const auto path = in.at("path").get<std::string>();
  if (path != to_string(Path::kOther)) out.path = named(kClaimPaths, path);
  in.at("sent_ns").get_to(out.sent);
  in.at("done_ns").get_to(out.done);
  in.at("ok").get_to(out.ok);
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

void take_figures(const In& in, RunRecord& record) {
  in.at("scenario").get_to(record.scenario.name);
  in.at("origin").get_to(record.scenario.origin);
  in.at("seed").get_to(record.scenario.seed);
  each_fact(record, read_from(in));
  each_figure(record.reading, read_from(in.at("reading")));
  each_stock(record.stock, read_from(in.at("stock")));
  each_shown(record.shown, read_from(in.at("shown")));
  for (const In& one : in.at("findings")) record.reading.findings.push_back(finding_from(one));
  for (const In& one : in.at("stale_reads")) record.stale_reads.push_back(finding_from(one));
  for (const In& one : in.at("members")) {
    MemberEnd member;
    each_of_member(member, read_from(one));
    record.members.push_back(std::move(member));
  }
  for (const In& one : in.at("cache_reads")) {
    CacheReads reads;
    one.at(0).get_to(reads.at);
    one.at(1).get_to(reads.hits);
    one.at(2).get_to(reads.misses);
    record.cache_reads.push_back(reads);
  }
  for (const In& one : in.value("standstills", In::array())) {
    record.standstills.push_back({one.at(0).get<Nanos>(), one.at(1).get<Nanos>()});
  }
  in.at("control").get_to(record.control);
}

}  // namespace multiaz::chaos
