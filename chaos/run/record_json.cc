#include "chaos/run/record_json.h"

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>
#include <span>
#include <tuple>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

using Out = nlohmann::ordered_json;
using In = nlohmann::json;

// --- The fields of each part, once, for writing and for reading. may(): folders of older runs do
// not have the field.

template <typename T, typename Of>
concept A = std::same_as<std::remove_const_t<T>, Of>;

void describe(A<Finding> auto& one, auto& visit) {
  visit("kind", one.kind);
  visit("session", one.session);
  visit("subject", one.subject);
  visit("text", one.text);
  visit.may("seen_ns", one.seen);
  visit.may("told_by", one.told_by);
}

void describe(A<FinalReading> auto& reading, auto& visit) {
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

void describe(A<StockEnd> auto& stock, auto& visit) {
  visit("known", stock.known);
  visit("initial", stock.initial);
  visit("left", stock.left);
  visit("ordered", stock.ordered);
  visit("negative", stock.negative);
}

void describe(A<ShownEnd> auto& shown, auto& visit) {
  visit("looked_at", shown.looked_at);
  visit("wrong", shown.wrong);
}

void describe(A<Hit> auto& hit, auto& visit) {
  visit("id", hit.id);
  visit("pid", hit.pid);
  visit("t_ns", hit.at);
  visit("verified", hit.verified);
}

void describe(A<FaultRecord> auto& fault, auto& visit) {
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
  visit("hits", fault.hits);
}

void describe(A<Event> auto& event, auto& visit) {
  visit("seq", event.seq);
  visit("t_ns", event.at);
  visit("kind", event.kind);
  visit("source", event.source);
  visit("target", event.target);
  visit("text", event.text);
}

void describe(A<Request> auto& request, auto& visit) {
  visit("path", request.path);
  visit("sent_ns", request.sent);
  visit("done_ns", request.done);
  visit("ok", request.ok);
}

void describe(A<MemberEnd> auto& member, auto& visit) {
  visit("group", member.group);
  visit("id", member.id);
  visit("tail", member.tail);
  visit("hash", member.hash);
  visit.may("moved", member.moved);
}

void describe(A<RosterMember> auto& one, auto& visit) {
  visit("id", one.id);
  visit("tier", one.tier);
  visit("program", one.program);
  visit("read_replica", one.read_replica);
}

void describe(A<RunRecord> auto& record, auto& visit) {
  visit("scenario", record.scenario.name);
  visit("origin", record.scenario.origin);
  visit("seed", record.scenario.seed);
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
  visit.may("load_planned", record.load_planned);
  visit.may("cluster", record.cluster);
  visit.may("logs_read", record.logs_read);
  visit("roster", record.roster.members);
  visit("reading", record.reading);
  visit("stock", record.stock);
  visit("shown", record.shown);
  visit("findings", record.reading.findings);
  visit("stale_reads", record.stale_reads);
  visit("members", record.members);
  visit("cache_reads", record.cache_reads);
  visit("standstills", record.standstills);
  visit("control", record.control);
}

// Samples are lists of numbers, because there are many of them.
auto numbers_of(A<CacheReads> auto& one) {
  return std::tie(one.at, one.hits, one.misses);
}
auto numbers_of(A<Standstill> auto& one) {
  return std::tie(one.from, one.to);
}

constexpr Finding::Kind kFindings[] = {Finding::Kind::kLostWrite,    Finding::Kind::kPhantomLine,
                                       Finding::Kind::kLostOrder,    Finding::Kind::kDuplicateOrder,
                                       Finding::Kind::kPhantomOrder, Finding::Kind::kLostSession,
                                       Finding::Kind::kReplayedOrder};
constexpr Path kPaths[] = {Path::kBrowse, Path::kCart, Path::kOrder, Path::kNamed, Path::kOther};

std::span<const Finding::Kind> all_of(Finding::Kind) {
  return kFindings;
}
std::span<const Path> all_of(Path) {
  return kPaths;
}

template <typename T>
constexpr bool kIsWord = std::is_enum_v<T>;
template <typename T>
constexpr bool kIsList = false;
template <typename T>
constexpr bool kIsList<std::vector<T>> = true;
template <>
constexpr bool kIsList<std::vector<std::string>> = false;

// --- writing

struct Writer {
  Out out = Out::object();

  void operator()(const char* key, const auto& value) { out[key] = written(value); }
  void may(const char* key, const auto& value) { (*this)(key, value); }

  template <typename T>
  static Out written(const T& value) {
    if constexpr (requires(Writer & into) { describe(value, into); }) {
      Writer into;
      describe(value, into);
      return std::move(into.out);
    } else if constexpr (requires { numbers_of(value); }) {
      return std::apply([](auto... numbers) { return Out::array({numbers...}); },
                        numbers_of(value));
    } else if constexpr (kIsList<T>) {
      Out list = Out::array();
      for (const auto& one : value) list.push_back(written(one));
      return list;
    } else if constexpr (kIsWord<T>) {
      return to_string(value);
    } else {
      return value;
    }
  }
};

// --- reading. The first error is kept, with the key and what is allowed there.

template <typename T>
Status read(const In& in, T& into);

Status read(const In& in, Figures::value_type& into) {
  const In *name = jsonio::item_at(in, 0), *number = jsonio::item_at(in, 1);
  if (!number || in.size() != 2 || !name->is_string() || !number->is_number_unsigned()) {
    return Error(Code::kInvalid, "\"control\" is a list of names with numbers");
  }
  into = {jsonio::text_or_empty(*name), jsonio::count_in(In{{"n", *number}}, "n")};
  return Status();
}

struct Reader {
  const In& in;
  jsonio::Fields<In> fields{in};

  template <typename T>
  void operator()(const char* key, T& into) {
    if constexpr (kIsList<T>) {
      for (const In* one : fields.may_items(key)) take(read(*one, into.emplace_back()));
    } else if constexpr (kIsWord<T>) {
      std::string word;
      if (fields.need(key, word).ok()) take_word(word, into);
    } else if constexpr (requires { describe(into, *this); }) {
      const auto part = jsonio::object(in, key);
      take(part ? read(**part, into) : part.error());
    } else if constexpr (std::same_as<T, std::vector<std::string>>) {
      fields.may(key, into);
    } else {
      fields.need(key, into);
    }
  }
  void may(const char* key, auto& into) { fields.may(key, into); }

 private:
  void take(Status part) {
    if (!part) fields.fail(part.error());
  }
  template <typename T>
  void take_word(const std::string& word, T& into) {
    const auto known = all_of(into);
    const auto found = std::ranges::find_if(known, [&](T one) { return to_string(one) == word; });
    if (found == known.end())
      return fields.fail(Error(Code::kInvalid, "unknown word \"" + word + "\""));
    into = *found;
  }
};

template <typename T>
Status read(const In& in, T& into) {
  if constexpr (requires { numbers_of(into); }) {
    const auto is_count = [](const In& one) { return one.is_number_unsigned(); };
    constexpr size_t kSize = std::tuple_size_v<decltype(numbers_of(into))>;
    if (!in.is_array() || in.size() != kSize || !std::ranges::all_of(in, is_count)) {
      return Error(Code::kInvalid, "an entry is a list of " + std::to_string(kSize) + " numbers");
    }
    auto from = in.begin();
    std::apply([&](auto&... number) { ((number = (from++)->template get<uint64_t>()), ...); },
               numbers_of(into));
    return Status();
  } else {
    Reader reader{in};
    describe(into, reader);
    return reader.fields.status();
  }
}

}  // namespace

template <typename T>
Out to_json(const T& part) {
  return Writer::written(part);
}
template Out to_json(const FaultRecord&);
template Out to_json(const Event&);
template Out to_json(const Request&);
template Out to_json(const Finding&);

Out to_json(const Figures& figures) {
  Out out = Out::object();
  for (const auto& [name, value] : figures) out[name] = value;
  return out;
}

Out figures_json(const RunRecord& record) {
  return Writer::written(record);
}

template <typename T>
Result<T> read_part(const In& in) {
  T out{};
  const Status taken = read(in, out);
  if (!taken) return taken.error();
  return out;
}
template Result<FaultRecord> read_part(const In&);
template Result<Event> read_part(const In&);
template Result<Request> read_part(const In&);

Status take_figures(const In& in, RunRecord& record) {
  return read(in, record);
}

}  // namespace multiaz::chaos
